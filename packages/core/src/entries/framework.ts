/** `@glovebox/core/framework`: helpers for packages that wrap the engine for an agent framework. */

export { identifierFor } from '../catalog/identifiers.ts'
export { isMcpResult, type McpResult, parseBlock, parseMcpResult, parseText } from '../catalog/mcp-result.ts'
export { checking, parseSchema, unchecked } from '../catalog/standard-schema.ts'
export { isRepeatable } from '../catalog/tool.ts'
export { furtherEffects } from '../checking/program-reach.ts'
export { assertKnownOptions } from '../contract/options.ts'
export { mergeToolShapes, parseToolShape } from '../learning/learnt-shapes.ts'
export { isUndeclared } from '../learning/observed-output.ts'
export { cutUrls, KnownSecrets, secretsOfUrl } from '../redaction/known-secrets.ts'
export { redactSecrets } from '../redaction/redact-secrets.ts'
export type { ResumeTool } from '../resume-tool.ts'
export { isRecord } from '../values/json.ts'
export type { Parse } from '../values/parse.ts'
export { compileWildcard } from '../values/wildcard.ts'
export {
  callIdIn,
  type ProgramTool,
  type Wrapped,
  type WrapperOptions,
  type WrapRequest,
  wrapTools,
} from '../wrap-tools.ts'
