// The server that the conformance suite expects: with one argument `first`, of the first generation only.
import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  inputRequired,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'
const key = randomBytes(32)

const text = (value) => ({ type: 'text', text: value })
const image = { type: 'image', data: PNG, mimeType: 'image/png' }
const said = (value) => ({ content: [text(value)] })
const form = (message, properties, required = Object.keys(properties)) =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } })
const sample = (prompt, maxTokens = 100) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: text(prompt) }], maxTokens })
const STRING = { type: 'string' }

const sign = (value) => {
  const data = JSON.stringify(value)
  return JSON.stringify({ data, mac: createHmac('sha256', key).update(data).digest('hex') })
}
const verified = (state) => {
  try {
    const { data, mac } = JSON.parse(state)
    if (mac === createHmac('sha256', key).update(data).digest('hex')) return JSON.parse(data)
  } catch {
    // Not a state of ours.
  }
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid requestState')
}

/** Asks once, and answers with what was said. */
const asking = (key, request, answer) => ({
  call: ({ responses }) =>
    responses[key] === undefined
      ? inputRequired({ inputRequests: { [key]: request() } })
      : said(answer(responses[key])),
})
const field = (response, name) => response?.content?.[name]

const tools = {
  test_simple_text: { call: () => said('This is a simple text response for testing.') },
  test_image_content: { call: () => ({ content: [image] }) },
  test_audio_content: { call: () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }) },
  test_embedded_resource: {
    call: () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    }),
  },
  test_multiple_content_types: {
    call: () => ({
      content: [
        text('Multiple content types test:'),
        image,
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}',
          },
        },
      ],
    }),
  },
  test_tool_with_logging: {
    async call({ log }) {
      for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await log('info', message)
        await delay(50)
      }
      return said('Tool with logging executed successfully')
    },
  },
  test_logging_tool: {
    async call({ log }) {
      await log('info', 'Diagnostic trace logging activated')
      return said('Logging evaluated')
    },
  },
  test_tool_with_progress: {
    async call({ context }) {
      const { progressToken } = context.mcpReq._meta ?? {}
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await context.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` },
          })
        await delay(50)
      }
      return said('done')
    },
  },
  test_error_handling: {
    call: () => ({ ...said('This tool intentionally returns an error for testing'), isError: true }),
  },
  test_sampling: {
    properties: { prompt: STRING },
    call: ({ input, responses }) =>
      responses.answer === undefined
        ? inputRequired({ inputRequests: { answer: sample(input.prompt) } })
        : said(`LLM response: ${responses.answer.content?.text}`),
  },
  test_elicitation: {
    properties: { message: STRING },
    call: ({ input, responses }) =>
      responses.answer === undefined
        ? inputRequired({ inputRequests: { answer: form(input.message, { response: STRING }) } })
        : said(
            `User response: action=${responses.answer.action}, content=${JSON.stringify(responses.answer.content ?? {})}`,
          ),
  },
  test_elicitation_sep1034_defaults: asking(
    'form',
    () =>
      form(
        'Please review and update the form fields with defaults',
        {
          name: { ...STRING, default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { ...STRING, enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
        [],
      ),
    ({ action, content }) => `Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`,
  ),
  test_elicitation_sep1330_enums: asking(
    'form',
    () =>
      form(
        'Please select options from the enum fields',
        {
          untitledSingle: { ...STRING, enum: ['option1', 'option2', 'option3'] },
          titledSingle: {
            ...STRING,
            oneOf: [
              { const: 'value1', title: 'First Option' },
              { const: 'value2', title: 'Second Option' },
              { const: 'value3', title: 'Third Option' },
            ],
          },
          legacyEnum: {
            ...STRING,
            enum: ['opt1', 'opt2', 'opt3'],
            enumNames: ['Option One', 'Option Two', 'Option Three'],
          },
          untitledMulti: {
            type: 'array',
            minItems: 1,
            maxItems: 3,
            items: { ...STRING, enum: ['option1', 'option2', 'option3'] },
          },
          titledMulti: {
            type: 'array',
            minItems: 1,
            maxItems: 3,
            items: {
              anyOf: [
                { const: 'value1', title: 'First Choice' },
                { const: 'value2', title: 'Second Choice' },
                { const: 'value3', title: 'Third Choice' },
              ],
            },
          },
        },
        [],
      ),
    ({ action, content }) => `Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`,
  ),
  json_schema_2020_12_tool: {
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          $anchor: 'addressDef',
          type: 'object',
          properties: { street: STRING, city: STRING },
        },
      },
      properties: {
        name: STRING,
        address: { $ref: '#/$defs/address' },
        contactMethod: { ...STRING, enum: ['phone', 'email'] },
        phone: STRING,
        email: STRING,
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    call: ({ input }) => said(`called with ${JSON.stringify(input)}`),
  },
  test_missing_capability: {
    call({ capabilities }) {
      if (capabilities.sampling !== undefined) return said('Success')
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } })
    },
  },
  test_streaming_elicitation: { call: () => said('Streaming complete') },
  test_trigger_tool_change: {
    call({ server }) {
      void server.sendToolListChanged()
      return said('Mutation triggered')
    },
  },
  test_trigger_prompt_change: {
    call({ server }) {
      void server.sendPromptListChanged()
      return said('Mutation triggered')
    },
  },
  test_custom_headers: {
    schema: {
      type: 'object',
      properties: {
        region: { ...STRING, 'x-mcp-header': 'Region' },
        priority: { type: 'integer', 'x-mcp-header': 'Priority' },
        note: STRING,
      },
    },
    call: ({ input }) => said(`called with ${JSON.stringify(input)}`),
  },
  greet: { properties: { name: STRING }, call: ({ input }) => said(`Hello, ${input.name}!`) },
  slow_compute: {
    schema: { type: 'object', properties: { seconds: { type: 'number' }, label: STRING } },
    async call({ input, context }) {
      await delay(1_000 * input.seconds, undefined, { signal: context.mcpReq.signal })
      return said(`Computed ${input.label}`)
    },
  },
  failing_job: {
    async call() {
      await delay(1_000)
      return { ...said('The job failed'), isError: true }
    },
  },
  protocol_error_job: {
    async call() {
      await delay(1_000)
      throw new ProtocolError(ProtocolErrorCode.InternalError, 'The job broke the protocol')
    },
  },
  confirm_delete: {
    schema: { type: 'object', properties: { filename: STRING } },
    async call({ responses }) {
      if (responses.confirm !== undefined) return said(`Deleted: ${field(responses.confirm, 'confirm')}`)
      await delay(1_000)
      return inputRequired({ inputRequests: { confirm: form('Delete the file?', { confirm: { type: 'boolean' } }) } })
    },
  },
  multi_input: {
    async call({ responses }) {
      if (responses.first !== undefined) return said('Both were answered')
      await delay(1_000)
      return inputRequired({
        inputRequests: { first: form('First?', { first: STRING }), second: form('Second?', { second: STRING }) },
      })
    },
  },
  test_tool_with_task: {
    async call({ responses }) {
      if (responses.user_name === undefined)
        return inputRequired({ inputRequests: { user_name: form('What is your name?', { name: STRING }) } })
      await delay(1_000)
      return said(`Hello, ${field(responses.user_name, 'name')}!`)
    },
  },
  test_input_required_result_elicitation: asking(
    'user_name',
    () => form('What is your name?', { name: STRING }),
    (response) => `Hello, ${field(response, 'name')}!`,
  ),
  test_input_required_result_sampling: asking(
    'sample_request',
    () => sample('What is the capital of France?'),
    (response) => `Sampling result: ${response.content?.text}`,
  ),
  test_input_required_result_list_roots: asking(
    'roots_request',
    () => inputRequired.listRoots(),
    ({ roots }) => `Found ${roots?.length ?? 0} root(s)`,
  ),
  test_input_required_result_request_state: {
    call: ({ state, responses }) =>
      state !== undefined && verified(state).kind === 'request-state' && field(responses.confirm, 'ok') === true
        ? said('state-ok: requestState validated')
        : inputRequired({
            inputRequests: { confirm: form('Please confirm', { ok: { type: 'boolean' } }) },
            requestState: sign({ kind: 'request-state' }),
          }),
  },
  test_input_required_result_multiple_inputs: {
    call: ({ state, responses: { user_name, greeting, client_roots } }) =>
      state !== undefined && verified(state).kind === 'multiple' && user_name && greeting && client_roots
        ? said(
            `Name: ${field(user_name, 'name')}; Greeting: ${greeting.content?.text}; Roots: ${client_roots.roots?.length ?? 0}`,
          )
        : inputRequired({
            inputRequests: {
              user_name: form('What is your name?', { name: STRING }),
              greeting: sample('Generate a greeting', 50),
              client_roots: inputRequired.listRoots(),
            },
            requestState: sign({ kind: 'multiple' }),
          }),
  },
  test_input_required_result_multi_round: {
    call({ state, responses }) {
      const { round = 0, name = field(responses.step1, 'name') } = state === undefined ? {} : verified(state)
      if (round === 1 && responses.step1 !== undefined)
        return inputRequired({
          inputRequests: { step2: form('Step 2: What is your favorite color?', { color: STRING }) },
          requestState: sign({ round: 2, name }),
        })
      if (round === 2 && responses.step2 !== undefined)
        return said(`Hello ${name}, your favorite color is ${field(responses.step2, 'color')}`)
      return inputRequired({
        inputRequests: { step1: form('Step 1: What is your name?', { name: STRING }) },
        requestState: sign({ round: 1 }),
      })
    },
  },
  test_input_required_result_tampered_state: {
    call: ({ state, responses }) =>
      state !== undefined && verified(state).kind === 'tamper' && responses.confirm !== undefined
        ? said('integrity-ok: state verified')
        : inputRequired({
            inputRequests: { confirm: form('Please confirm', { ok: { type: 'boolean' } }) },
            requestState: sign({ kind: 'tamper' }),
          }),
  },
  test_input_required_result_capabilities: {
    call({ capabilities, responses }) {
      const answered = Object.keys(responses)
      if (answered.length > 0) return said(`capabilities-ok: received ${answered.join(',')}`)
      const inputRequests = {
        ...(capabilities.elicitation && { elicit_input: form('Elicitation input', { value: STRING }) }),
        ...(capabilities.sampling && { sample_input: sample('Sample request', 50) }),
      }
      return Object.keys(inputRequests).length === 0
        ? said('No supported capabilities declared')
        : inputRequired({ inputRequests, requestState: sign({ kind: 'capabilities' }) })
    },
  },
}

const resources = [
  { uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'static-binary', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched-resource', mimeType: 'text/plain' },
]

function read(uri) {
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? []
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: PNG }
  if (resources.some((each) => each.uri === uri)) return { uri, mimeType: 'text/plain', text: `The content of ${uri}.` }
  if (id === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Resource not found: ${uri}`, { uri })
  return {
    uri,
    mimeType: 'application/json',
    text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  }
}

const user = (content) => ({ role: 'user', content })
const prompts = {
  test_simple_prompt: { get: () => [user(text('This is a simple prompt for testing.'))] },
  test_prompt_with_arguments: {
    arguments: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) => [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  },
  test_prompt_with_embedded_resource: {
    arguments: ['resourceUri'],
    get: ({ resourceUri }) => [
      user({
        type: 'resource',
        resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
      }),
      user(text('Please process the embedded resource above.')),
    ],
  },
  test_prompt_with_image: { get: () => [user(image), user(text('Please analyze the image above.'))] },
  test_input_required_result_prompt: {
    get: (_, responses) =>
      responses.user_context === undefined
        ? inputRequired({
            inputRequests: { user_context: form('What context should the prompt use?', { context: STRING }) },
          })
        : [user(text(`Prompt with context: ${field(responses.user_context, 'context')}`))],
  },
}

function createServer() {
  const server = new Server(
    { name: 'fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
    },
  )
  server.setRequestHandler('tools/list', () => ({
    tools: Object.entries(tools).map(([name, { properties = {}, schema }]) => ({
      name,
      description: `Implements ${name}.`,
      inputSchema: schema ?? { type: 'object', properties, required: Object.keys(properties) },
    })),
  }))
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const tool = Object.hasOwn(tools, params.name) ? tools[params.name] : undefined
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`)
    const { mcpReq } = context
    return tool.call({
      server,
      context,
      input: params.arguments ?? {},
      responses: mcpReq.inputResponses ?? {},
      state: mcpReq.requestState(),
      capabilities: mcpReq.envelope?.[CAPABILITIES] ?? server.getClientCapabilities() ?? {},
      log: (level, data) => mcpReq.log(level, data, 'fixture'),
    })
  })
  server.setRequestHandler('resources/list', () => ({ resources }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' }],
  }))
  server.setRequestHandler('resources/read', ({ params }) => ({ contents: [read(params.uri)] }))
  server.setRequestHandler('resources/subscribe', ({ params }) => {
    setTimeout(() => void server.sendResourceUpdated({ uri: params.uri }), 50)
    return {}
  })
  server.setRequestHandler('resources/unsubscribe', () => ({}))
  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.entries(prompts).map(([name, { arguments: given = [] }]) => ({
      name,
      description: `Implements ${name}.`,
      arguments: given.map((each) => ({ name: each, required: true })),
    })),
  }))
  server.setRequestHandler('prompts/get', ({ params }, { mcpReq }) => {
    const prompt = Object.hasOwn(prompts, params.name) ? prompts[params.name] : undefined
    if (prompt === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`)
    const messages = prompt.get(params.arguments ?? {}, mcpReq.inputResponses ?? {})
    return Array.isArray(messages) ? { messages } : messages
  })
  server.setRequestHandler('completion/complete', () => ({ completion: { values: [], total: 0, hasMore: false } }))
  return server
}

if (process.argv[2] === 'first') await createServer().connect(new StdioServerTransport())
else serveStdio(createServer)
