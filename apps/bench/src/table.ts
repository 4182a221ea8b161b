/** Prints a line of a table: its title at the left, then its cells in columns. */
export function printRow(title: string, ...cells: string[]): void {
  console.log(`${title.padEnd(56)}${cells.map((cell) => cell.padStart(12)).join('')}`)
}
