import { newRequestId } from "@flockollamas/sdk";
import { useRef } from "react";
import { Button } from "../../../ui/button.js";
import { toast } from "../../../ui/toasts.js";
import type { ChatImage } from "../conversation/turns.js";
import { ImagePreview } from "../transcript/image-preview.js";
import styles from "./composer.module.css";

const TYPES: readonly ChatImage["type"][] = ["image/png", "image/jpeg", "image/webp"];
const BYTES_MAX = 5_000_000;
const IMAGES_MAX = 4;

/** Images for a model that sees. They go to the worker with the prompt, and stay in this browser otherwise. */
export function ImageInput({
  images,
  onChange,
}: {
  readonly images: readonly ChatImage[];
  readonly onChange: (images: readonly ChatImage[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Images"
        accept={TYPES.join(",")}
        onChange={({ target }) => {
          void imagesOf([...(target.files ?? [])]).then((more) => onChange(withImages(images, more)));
          target.value = "";
        }}
      />
      <Button look="quiet" disabled={images.length >= IMAGES_MAX} onClick={() => input.current?.click()}>
        Image
      </Button>
    </>
  );
}

export function ChosenImages({
  images,
  onChange,
}: {
  readonly images: readonly ChatImage[];
  readonly onChange: (images: readonly ChatImage[]) => void;
}) {
  if (images.length === 0) return null;
  return (
    <ul className={styles["images"]} aria-label="Images to send">
      {images.map((image) => (
        <li key={image.name}>
          <ImagePreview image={image} />
          <Button
            look="quiet"
            aria-label={`Take away ${image.name}`}
            onClick={() => onChange(images.filter((each) => each !== image))}
          >
            ×
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** Those files that are images that models read, and not too large; the others are named. */
export async function imagesOf(files: readonly File[]): Promise<readonly ChatImage[]> {
  const read = await Promise.all(
    files.map(async (file) => {
      const type = TYPES.find((each) => each === file.type);
      if (type === undefined || file.size > BYTES_MAX) {
        toast(`${file.name} is no PNG, JPEG or WebP of at most 5 MB.`, { isBad: true });
        return null;
      }
      const name = file.name === "" ? `image ${newRequestId().slice(0, 4)}` : file.name;
      return { name, type, data: await base64Of(file) };
    }),
  );
  return read.filter((image) => image !== null);
}

/** As many as may be sent, each by a name of its own: what is pasted is always `image.png`. */
export function withImages(images: readonly ChatImage[], more: readonly ChatImage[]): readonly ChatImage[] {
  const all = [...images];
  for (const image of more) {
    const taken = all.filter(({ name }) => name.startsWith(image.name)).length;
    all.push(taken === 0 ? image : { ...image, name: `${image.name} (${taken + 1})` });
  }
  return all.slice(0, IMAGES_MAX);
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
