/** Of so few, each is compared with all others sooner than a set of them is made. */
const FEW = 8

/** Each once, in the order in which they come first; the list itself where nothing repeats. */
export function distinct<Item>(list: readonly Item[]): readonly Item[] {
  return list.length <= FEW && !hasRepeats(list) ? list : [...new Set(list)]
}

function hasRepeats(list: readonly unknown[]): boolean {
  for (let index = 1; index < list.length; index++) if (list.indexOf(list[index]) < index) return true
  return false
}
