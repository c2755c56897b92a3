import { useSearchParams } from "wouter";

/**
 * One filter of a page, which lives in its URL: `?by=key`. The fallback is not written there. Back undoes a change,
 * unless it is one of many while somebody types (`replace`).
 */
export function useFilter<T extends string>(
  name: string,
  fallback: T,
  { replace = false }: { readonly replace?: boolean } = {},
): readonly [value: T, set: (value: T) => void] {
  const [parameters, setParameters] = useSearchParams();
  // CAST: whoever has few values compares with them; what somebody typed into the address is none of them.
  const value = (parameters.get(name) ?? fallback) as T;
  const set = (next: T) => {
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        if (next === fallback) after.delete(name);
        else after.set(name, next);
        return after;
      },
      { replace },
    );
  };
  return [value, set];
}
