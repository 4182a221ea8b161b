/** Verbs that tool authors and users choose interchangeably. Each line is one group. */
const GROUPS = `
get fetch read retrieve obtain load
list search find query lookup browse discover
create add new make generate build
delete remove erase
update edit modify change set
send post publish
write save store
run execute invoke
convert transform
calculate compute`

/** Returns the synonyms of each word, without the word itself. Words are compared as `normalize` returns them. */
export function synonymsBy(normalize: (word: string) => string): ReadonlyMap<string, readonly string[]> {
  const synonyms = new Map<string, readonly string[]>()
  for (const line of GROUPS.trim().split('\n')) {
    const group = line.split(' ').map(normalize)
    for (const word of group) {
      synonyms.set(
        word,
        group.filter((other) => other !== word),
      )
    }
  }
  return synonyms
}
