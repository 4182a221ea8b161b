/** The page of the documentation that says how true the types are. */
import { type Measured, precision, soundness, type Tally, tally } from './measure.ts'
import { measureSuite } from './measure-suite.ts'
import { measureTools } from './measure-tools.ts'
import { DRAFTS } from './validators.ts'

const INTRODUCTION = `# Schema conversion

The tables say how true the TypeScript is that is written for a JSON Schema. _Sound_ is the share of valid values that the type takes:
a value that it refuses would be a correct call that fails the type check. _Precise_ is the share of invalid values that it refuses,
counted over the values that are invalid in a way TypeScript can express. Each value is written as a literal of the type and given to
the TypeScript compiler, in strict mode. The values of the first table are those of the
[JSON Schema Test Suite](https://github.com/json-schema-org/JSON-Schema-Test-Suite), drafts 4, 6, 7, 2019-09 and 2020-12 together, by
the file of the suite; its schemas are converted as they are published, and again with the \`type\` written out that their authors left
away, as an untyped \`properties\` says nothing of a value that is no object. Those of the second were made from the schemas of the tools
of real MCP servers: generated for the valid ones, and then spoilt in one place for the invalid ones.

_Expressible_ is defined by a weakened schema, from which all is taken that no type can say: bounds of numbers, lengths, formats,
patterns (but for plain beginnings and endings of keys), uniqueness, \`contains\`, counts of properties, that a number is whole, that
_only_ one branch of \`oneOf\` fits, arrays that must be longer than eight, and negations of more than a type, some values or one property.
A value is invalid in an expressible way if a validator refuses it under the weakened schema as well.
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
/** Rounded down, so that only what is whole reads as 100 %. */
const percent = (share: number) => `${Math.floor(share * 1000) / 10} %`
