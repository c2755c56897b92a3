/** A count, as far as it is made of whole groups: the rest could be somebody's own. */
export function inGroups(count: number, groupMin: number): number {
  return count - (count % groupMin);
}

/** Whether so many are told of; of none there is nothing to hide. */
export function isTold(count: number, groupMin: number): boolean {
  return count === 0 || count >= groupMin;
}
