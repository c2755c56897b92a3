/** SQL for a time in whole Unix milliseconds: to parse a date for every row would be a good part of reading it. */
export function unixMs(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000)::bigint`;
}
