import { useEffect, useRef } from "react";
import type { ChatImage } from "../conversation/turns.js";
import styles from "./transcript.module.css";

const HEIGHT = 96;

/** The user's own image, painted: the policy lets no image be loaded from a `data:` or `blob:` URL. */
export function ImagePreview({ image }: { readonly image: ChatImage }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isWanted = true;
    const bytes = Uint8Array.from(atob(image.data), (letter) => letter.charCodeAt(0));
    createImageBitmap(new Blob([bytes], { type: image.type })).then(
      (bitmap) => {
        if (isWanted && canvas.current !== null) paint(canvas.current, bitmap);
        bitmap.close();
      },
      () => {
        // No image that this browser reads: its name stands there.
      },
    );
    return () => {
      isWanted = false;
    };
  }, [image]);
  return (
    <canvas ref={canvas} className={styles["preview"]} height={HEIGHT} role="img" aria-label={image.name} />
  );
}

function paint(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  canvas.height = HEIGHT;
  canvas.width = Math.max(1, Math.min(Math.round((bitmap.width * HEIGHT) / bitmap.height), HEIGHT * 3));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}
