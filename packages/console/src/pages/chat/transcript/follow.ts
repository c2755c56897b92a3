import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** So near the end, somebody reads what is being written, and wants to go on seeing it. */
const NEAR_PX = 64;

export interface Follow {
  /** There is something below that is not seen. */
  readonly isAway: boolean;
  /** To the end, and along with it from then on. */
  readonly toEnd: () => void;
}

/** What stands below an answer is drawn when it has ended. */
const AFTER_END_MS = 400;

/**
 * Keeps the end of the page in sight while an answer is being written (`isGrowing`), until somebody scrolls up. What
 * else grows, such as a fold that is opened, stays where it is. A conversation that is opened shows its end.
 */
export function useFollow(
  content: RefObject<HTMLElement | null>,
  chatId: string | null,
  isGrowing: boolean,
): Follow {
  const isFollowing = useRef(true);
  const grows = useRef(false);
  const [isAway, setIsAway] = useState(false);
  const toEnd = useCallback(() => {
    isFollowing.current = true;
    scrollTo({ top: document.documentElement.scrollHeight });
    setIsAway(false);
  }, []);

  useEffect(() => {
    if (isGrowing) grows.current = true;
    const timer = isGrowing ? undefined : setTimeout(() => (grows.current = false), AFTER_END_MS);
    return () => clearTimeout(timer);
  }, [isGrowing]);

  useEffect(() => {
    if (chatId === null) return;
    toEnd();
    // Turns that were not laid out yet have their height now.
    const frame = requestAnimationFrame(toEnd);
    return () => cancelAnimationFrame(frame);
  }, [chatId, toEnd]);

  useEffect(() => {
    let before = scrollY;
    const onScroll = () => {
      // Growing text moves the end away, which is no scrolling up.
      const isUp = scrollY < before - 1;
      before = scrollY;
      if (isNearEnd()) isFollowing.current = true;
      else if (isUp) isFollowing.current = false;
      setIsAway(!isFollowing.current && !isNearEnd());
    };
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, []);

  useEffect(() => {
    const element = content.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (isFollowing.current && grows.current) scrollTo({ top: document.documentElement.scrollHeight });
      else setIsAway(!isNearEnd());
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [content]);

  return { isAway, toEnd };
}

function isNearEnd(): boolean {
  const { scrollHeight } = document.documentElement;
  return scrollHeight - innerHeight - scrollY <= NEAR_PX;
}
