export type { HttpServer, HttpServerOptions } from './http-server.ts'
export { listenHttp } from './http-server.ts'
export type { McpService, ServeMcpOptions } from './serve-mcp.ts'
export { serveMcp } from './serve-mcp.ts'
