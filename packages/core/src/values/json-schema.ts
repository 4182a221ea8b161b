/** A JSON Schema object. TypeBox schemas and the schemas of MCP tools are JSON Schemas. */
export type JsonSchema = { readonly [keyword: string]: unknown } | boolean
