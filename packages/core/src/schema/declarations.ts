import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { JsonSchema, Tool, ToolAnnotations } from '../catalog/tool.ts'
import { docComment } from './doc.ts'
import { TypeNames } from './names.ts'
import { TypeWriter } from './writer.ts'

/**
 * The TypeScript of one schema.
 *
 * @returns `declarations`, the named types it needs, and `type`, an expression that may use them
 */
export function typeFromSchema(schema: JsonSchema, options: { name: string }): { declarations: string; type: string } {
  const names = new TypeNames()
  const writer = new TypeWriter(schema, names)
  const type = writer.write()
  if (writer.declarations.length === 0) return { declarations: '', type }
  const name = names.claim(options.name)
  return { declarations: `${writer.declarations.join('')}type ${name} = ${type}\n`, type: name }
}

/** The TypeScript of some tools, under one namespace. */
export function declarationsFromTools(tools: ToolRecord | readonly Tool[], options: { namespace: string }): string {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: options.namespace, tools })))
}

/** The TypeScript of a catalog: an ambient namespace for each provider, a function for each tool. */
export function declarationsFromCatalog(catalog: Catalog): string {
  return catalog.namespaces
    .map(({ identifier, description, tools }) => {
      const names = new TypeNames()
      const members = tools.map((tool) => declareTool(tool, names))
      const body = members.flatMap(({ types, declaration }) => [...types, declaration])
      return `${docComment(description ?? '', '')}declare namespace ${identifier} {\n${indent(body.join(''))}}\n`
    })
    .join('\n')
}

function declareTool({ identifier, tool }: CatalogTool, names: TypeNames): { types: string[]; declaration: string } {
  const { inputSchema = true, outputSchema, description = '', annotations } = tool
  const input = new TypeWriter(inputSchema, names)
  const inputType = input.write()
  const output = outputSchema === undefined ? undefined : new TypeWriter(outputSchema, names)
  const outputType = output?.write() ?? 'unknown'
  const doc = docComment([description.trim(), hints(annotations)].filter((line) => line !== '').join('\n'), '')
  return {
    types: [...input.declarations, ...(output?.declarations ?? [])],
    declaration: `${doc}function ${identifier}(${parameter(inputSchema, inputType)}): Promise<${outputType}>\n`,
  }
}

/** A tool that needs nothing may be called with nothing. */
function parameter(schema: JsonSchema, type: string): string {
  const isEmpty = type === 'Record<string, never>'
  const required = typeof schema === 'object' && Array.isArray(schema.required) ? schema.required.length : 0
  const composed = typeof schema === 'object' && ['$ref', 'anyOf', 'oneOf', 'allOf'].some((key) => key in schema)
  return `input${isEmpty || (required === 0 && !composed) ? '?' : ''}: ${type}`
}

function hints(annotations: ToolAnnotations | undefined): string {
  if (annotations?.readOnlyHint === true) return 'Read-only.'
  const words: string[] = []
  if (annotations?.destructiveHint === true) words.push('Destructive.')
  if (annotations?.idempotentHint === true) words.push('Idempotent.')
  return words.join(' ')
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')
