/** Of so few, each is compared with all others sooner than a set of them is made. */
const FEW = 8

/** Each once, in the order in which they come first; the list itself where nothing repeats. */
export function distinct<Item>(list: readonly Item[]): readonly Item[] {
  if (list.length <= FEW && list.every((item, index) => list.indexOf(item) === index)) return list
  return [...new Set(list)]
}
