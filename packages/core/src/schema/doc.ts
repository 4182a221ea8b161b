import type { JsonSchema } from '../catalog/tool.ts'

/** What types cannot say, as tags: `@default 10 @minimum 1`. */
const TAGS = [
  'default',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

/** The doc comment of a schema, without its delimiters. Empty if there is nothing to say. */
export function docText(schema: JsonSchema): string {
  if (typeof schema !== 'object') return ''
  const lines: string[] = []
  if (typeof schema.description === 'string') lines.push(schema.description.trim())
  else if (typeof schema.title === 'string') lines.push(schema.title.trim())
  const tags: string[] = []
  for (const tag of TAGS) {
    const value = schema[tag]
    if (value === undefined || (tag === 'uniqueItems' && value !== true)) continue
    tags.push(`@${tag} ${typeof value === 'string' && tag !== 'default' ? value : JSON.stringify(value)}`)
  }
  if (schema.deprecated === true) tags.push('@deprecated')
  if (tags.length > 0) lines.push(tags.join(' '))
  return lines.join('\n')
}

/** A doc comment on lines of its own, or nothing. */
export function docComment(text: string, indent: string): string {
  if (text === '') return ''
  const lines = text.replaceAll('*/', '*\\/').split(/\r\n|[\n\r\u2028\u2029]/)
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}
