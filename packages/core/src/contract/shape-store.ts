/** Kinds of JSON values. */
export const SHAPE_KINDS = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const
export type ShapeKind = (typeof SHAPE_KINDS)[number]

/**
 * Shape of values, without any of the values: a small part of JSON Schema 2020-12. `true` is the shape of values about
 * which nothing is said.
 */
export type Shape = true | ShapeParts

export interface ShapeParts {
  /** Kinds that were seen, each once. */
  readonly type: readonly ShapeKind[]
  /** Properties of objects, by name. */
  readonly properties?: Readonly<Record<string, Shape>>
  /** Properties that all objects had. Absent if only one object was seen, which says nothing about other objects. */
  readonly required?: readonly string[]
  /** Values of objects whose property names are data. */
  readonly additionalProperties?: Shape
  /** Elements of lists. Absent if all lists were empty. */
  readonly items?: Shape
  /** Elements of rows, which all had the same length. */
  readonly prefixItems?: readonly Shape[]
  /** Format of texts that are tables. */
  readonly contentMediaType?: TableFormat
  /** Header line of texts that are tables, if the host allows that it is kept. */
  readonly title?: string
}

/** Media types of the tables that are recognised in texts. */
export const TABLE_FORMATS = ['text/csv', 'text/tab-separated-values', 'text/markdown'] as const
export type TableFormat = (typeof TABLE_FORMATS)[number]

/** Shape of the results of one tool. */
export interface ToolShape {
  /** Namespace of the tool. */
  readonly server: string
  /** Version of the server, if it has one. */
  readonly version?: string
  /** Original name of the tool. */
  readonly tool: string
  /** Identifies the version of the server and what the tool declared. A shape expires when it changes. */
  readonly digest: string
  /** Number of results. */
  readonly results: number
  readonly shape: Shape
}

/** Combines the stored shape of a tool with a new one. */
export type MergeShapes = (stored: ToolShape, added: ToolShape) => ToolShape

/** Keeps the shapes of results: names of properties and types, never values. */
export interface ShapeStore {
  /** Resolves to the shapes that belong to a principal. Undefined: those of executions without a principal. */
  load(principal: string | undefined): Promise<readonly ToolShape[]>
  /**
   * Adds shapes. If there is a shape of the same tool, it is replaced with the result of `merge`, and no other process may
   * change it in between.
   */
  save(principal: string | undefined, shapes: readonly ToolShape[], merge: MergeShapes): Promise<void>
  /** Removes the shapes of a principal. Resolves to their number. */
  clear(principal: string | undefined): Promise<number>
}
