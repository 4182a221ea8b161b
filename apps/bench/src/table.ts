/** Prints a table row: the title, then the cells in columns. */
export function printRow(title: string, ...cells: string[]): void {
  console.log(`${title.padEnd(56)}${cells.map((cell) => cell.padStart(12)).join('')}`)
}
