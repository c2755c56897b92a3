/** What is known of a position, a job, a worker and a verdict, and what follows from it by calculation alone. */
export type { Reading } from "./reading.js";
