/**
 * The absolute path of the built console: `index.html`, `assets/` with hashed names, a `.br` and a `.gz` beside each
 * file.
 */
export declare const consoleFolder: string;
