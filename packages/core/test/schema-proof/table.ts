/** Renders the documentation page about the accuracy of the generated types. */
import { type Measured, precision, soundness, type Tally, tally } from './measure.ts'
import { measureSuite } from './measure-suite.ts'
import { measureTools } from './measure-tools.ts'
import { DRAFTS } from './validators.ts'

const INTRODUCTION = `# Schema conversion

This page shows how accurate the TypeScript is that Glovebox generates for JSON Schemas.

- **Sound** is the share of valid values that the type accepts. A valid value that the type rejects would be a correct call that fails the
  type check.
- **Precise** is the share of invalid values that the type rejects. Only values that are invalid in a way TypeScript can express count.

## Method

Each value is written as a literal of the type and given to the TypeScript compiler in strict mode.

The first table uses the values of the [JSON Schema Test Suite](https://github.com/json-schema-org/JSON-Schema-Test-Suite), with drafts 4,
6, 7, 2019-09 and 2020-12 together, by file of the suite. Its schemas are converted twice:

- as published,
- with the missing \`type\` added (the _typed_ columns), because \`properties\` without a \`type\` does not constrain values that are not objects.

The second table uses the schemas of tools of real MCP servers. Valid values were generated from the schemas. Invalid values are valid values
that were changed in one place.

### Expressible

_Expressible_ is defined by a weakened schema, from which everything is removed that no type can express:

- bounds of numbers, and that a number is an integer,
- lengths, formats, and patterns (except simple prefixes and suffixes of keys),
- uniqueness, \`contains\`, and counts of properties,
- that _only_ one branch of \`oneOf\` matches,
- arrays that must have more than eight elements,
- negations of more than a type, some values or one property.

A value is invalid in an expressible way if a validator also rejects it under the weakened schema.
`

export function conversionPage(): string {
  const published = DRAFTS.flatMap((draft) => measureSuite(draft, 'published'))
  const typed = DRAFTS.flatMap((draft) => measureSuite(draft, 'typed'))
  const files = [...new Set(published.map(({ path }) => String(path[1])))].sort()
  const of = (measured: readonly Measured[], file: string) => tally(measured.filter(({ path }) => path[1] === file))
  const tools = measureTools()
  return [
    INTRODUCTION,
    '## The JSON Schema Test Suite\n',
    '| file | valid | sound | expressible | precise | sound, typed | precise, typed |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...files.map((file) => suiteRow(`\`${file.replace('.json', '')}\``, of(published, file), of(typed, file))),
    suiteRow('**all**', tally(published), tally(typed)),
    '\n## Real tools\n',
    '| schemas | count | valid | sound | expressible | precise |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...(['input', 'output'] as const).map((side) =>
      toolsRow(
        side,
        tools.filter(({ path }) => path[2] === side),
      ),
    ),
    toolsRow('**all**', tools),
    '',
  ].join('\n')
}

const suiteRow = (name: string, published: Tally, typed: Tally) =>
  row([name, published.valid, sound(published), published.invalid, precise(published), sound(typed), precise(typed)])

const toolsRow = (name: string, measured: readonly Measured[]) => {
  const counts = tally(measured)
  return row([name, measured.length, counts.valid, sound(counts), counts.invalid, precise(counts)])
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
const sound = (counts: Tally) => (counts.valid === 0 ? '–' : percent(soundness(counts)))
const precise = (counts: Tally) => (counts.invalid === 0 ? '–' : percent(precision(counts)))
/** Rounds down, so that only a complete match is shown as 100 %. */
const percent = (share: number) => `${Math.floor(share * 1000) / 10} %`
