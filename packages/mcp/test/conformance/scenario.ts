import { createCodeMode, type Sandbox, type Tool } from '@glovebox/core'
import { type McpAuth, mcp } from '@glovebox/mcp'
import {
  ClientCredentialsProvider,
  CrossAppAccessProvider,
  PrivateKeyJwtProvider,
  requestJwtAuthorizationGrant,
} from '@modelcontextprotocol/client'

interface Context {
  readonly client_id?: string
  readonly client_secret?: string
  readonly private_key_pem?: string
  readonly signing_algorithm?: string
  readonly idp_client_id?: string
  readonly idp_id_token?: string
  readonly idp_token_endpoint?: string
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: object }[]
}

/** A scenario as the suite describes it to its client. */
export interface Scenario {
  readonly name: string
  readonly url: string
  readonly context: Context
}

/** Logs in like a browser in which the user agrees at once. */
async function agree(page: URL): Promise<void> {
  const response = await fetch(page, { redirect: 'manual' })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`The authorization answered with ${response.status}`)
  // As in a browser, the host does not wait for what the redirect leads to.
  // The listener of a login that has failed in the meantime is closed.
  fetch(location).catch(() => {})
}

function authOf({ name, context }: Scenario): McpAuth {
  const { client_id: clientId = '', client_secret: clientSecret = '' } = context
  switch (name) {
    case 'auth/client-credentials-basic':
      return new ClientCredentialsProvider({ clientId, clientSecret })
    case 'auth/client-credentials-jwt':
      return new PrivateKeyJwtProvider({
        clientId,
        privateKey: context.private_key_pem ?? '',
        algorithm: context.signing_algorithm ?? 'ES256',
      })
    case 'auth/enterprise-managed-authorization':
      return new CrossAppAccessProvider({
        clientId,
        clientSecret,
        assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) => {
          const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
            tokenEndpoint: context.idp_token_endpoint ?? '',
            audience: authorizationServerUrl,
            resource: resourceUrl,
            idToken: context.idp_id_token ?? '',
            clientId: context.idp_client_id ?? '',
            ...(scope !== undefined && { scope }),
            fetchFn,
          })
          return jwtAuthGrant
        },
      })
    default:
      return {
        onLogin: agree,
        clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
        ...(name === 'auth/pre-registration' && { clientId, clientSecret }),
      }
  }
}

/**
 * Connects to the server of a scenario, and runs a program that calls its tools.
 *
 * @throws if that fails, which some scenarios expect
 */
export async function runScenario(scenario: Scenario, sandbox: Sandbox): Promise<void> {
  const { name, url, context } = scenario
  const isAuth = name.startsWith('auth/')
  await using server = await mcp({
    name: 'server',
    url,
    ...(isAuth && { auth: authOf(scenario) }),
    onElicit: () => ({ action: 'accept', content: {} }),
  })
  // These inputs do not match their schemas, so programs cannot pass them.
  for (const call of context.toolCalls ?? []) {
    const tool = server.tools.find((each) => each.name === call.name)
    await tool?.execute(call.arguments, { signal: AbortSignal.timeout(10_000), callId: 1 })
  }
  const calls =
    context.toolCalls === undefined
      ? server.tools.flatMap((tool) => inputsOf(name, tool, server.tools).map((input) => [tool.name, input]))
      : []
  await using codeMode = await createCodeMode({ sandbox, tools: server })
  const result = await codeMode.execute(`const calls = ${JSON.stringify(calls)}
const run = async ([name, input]) => await server[name](input)
${isAuth ? 'for (const call of calls) await run(call)' : 'await Promise.all(calls.map(run))'}
if (typeof server.listResources === 'function') {
  const { resources } = await server.listResources()
  for (const { uri } of resources) await server.readResource({ uri })
}
if (typeof server.listPrompts === 'function') {
  const { prompts } = await server.listPrompts()
  for (const { name } of prompts) await server.getPrompt({ name })
}`)
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
}

/** Functions that the program calls at its end. */
const RESOURCE_TOOLS = ['listResources', 'readResource', 'listPrompts', 'getPrompt']

function inputsOf(scenario: string, { name }: Tool, tools: readonly Tool[]): object[] {
  // Only the list of its tools is looked at.
  if (scenario === 'json-schema-ref-no-deref') return []
  const focal = tools.find((tool) => tool.name === 'json_schema_2020_12_tool')
  if (focal !== undefined) return name === focal.name ? [] : [{ schema: focal.inputSchema as object }]
  if (RESOURCE_TOOLS.includes(name)) return []
  if (name === 'add_numbers') return [{ a: 5, b: 3 }]
  if (name === 'valid_tool') return [{ region: 'us-west1' }]
  // The second call of a tool finds out whether an authorization server that changed is noticed.
  return scenario.startsWith('auth/') ? [{}, {}] : [{}]
}
