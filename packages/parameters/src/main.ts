/* Prints docs/parameters.md. */
import { parametersMarkdown } from "./parameters-markdown.js";

process.stdout.write(parametersMarkdown());
