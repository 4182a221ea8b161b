/**
 * Client that the suite starts for each scenario: passes the scenario to the process of the tests, which has loaded
 * everything that it needs.
 */
import { request } from 'node:http'

const [socketPath, url] = process.argv.slice(2)
const { MCP_CONFORMANCE_SCENARIO: name, MCP_CONFORMANCE_CONTEXT: context = '{}' } = process.env
const asked = request({ socketPath, method: 'POST' }, (response) => {
  response.pipe(process.stderr)
  process.exitCode = response.statusCode === 200 ? 0 : 1
})
asked.end(JSON.stringify({ name, url, context: JSON.parse(context) }))
