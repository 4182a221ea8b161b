/**
 * Breaks adapters, runtime and core on purpose, one way at a time, and checks whether a test detects it. Run it with
 * `pnpm mutants`. Works on a copy of the repository. A mutant that no test detects is a gap in the tests.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { copyRepository } from './repository-copy.mjs'

const PNPM = ['-y', 'pnpm@12.21.0']
const conformance = (name, cases) => [`packages/${name}/test/conformance.test.ts`, '-t', cases]

/**
 * Mutants: the broken behaviour, the file, the replaced code, further packages to rebuild (`also`), and the tests that
 * must detect it.
 */
export const MUTANTS = [
  {
    breaks: 'a tool is called before the store knows it',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: 'if (written !== undefined) {',
    to: 'if (written === null) {',
    tests: ['test/stored-runs.test.ts', '-t', 'store fails'],
  },
  {
    breaks: 'a call whose outcome is lost is made again',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: 'if (attempts > 0 && !isRepeatable(tool.tool)) {',
    to: 'if (attempts > 1e9) {',
    tests: ['test/killed-hosts.test.ts', '-t', 'stopped'],
  },
  {
    breaks: 'a decision applies to another input than the one that was shown',
    file: 'packages/core/src/execution/run-records.ts',
    from: 'if (waiting.digest !== digest)',
    to: 'if (digest === undefined)',
    tests: ['test/stored-runs.test.ts', '-t', 'another input'],
  },
  {
    breaks: 'a call that was asked about runs once its rule is gone',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: '(rules === undefined && asked === undefined)',
    to: 'rules === undefined',
    tests: ['test/stored-runs.test.ts', '-t', 'no rule asks'],
  },
  {
    breaks: 'everybody may resume a run',
    file: 'packages/core/src/execution/run-records.ts',
    from: 'run.principal === undefined || run.principal === principal',
    to: 'run.principal !== principal || run.principal === principal',
    tests: ['test/stored-runs.test.ts', '-t', 'belongs to its principal'],
  },
  {
    breaks: 'a host whose lease is lost can write',
    file: 'packages/store-sqlite/src/index.ts',
    from: 'WHERE tenant = ? AND run = ? AND epoch = ? AND position = ? RETURNING id',
    to: 'WHERE tenant = ? AND run = ? AND epoch >= ? AND position = ? RETURNING id',
    tests: ['packages/store-sqlite/test/store.test.ts', '-t', 'lease was lost'],
  },
  {
    breaks: 'a sealed text opens at another place',
    file: 'packages/core/src/stores/sealed-store.ts',
    from: 'return JSON.stringify([this.#tenant, run, position])',
    to: 'return JSON.stringify([this.#tenant, typeof run, typeof position])',
    tests: ['test/stored-runs.test.ts', '-t', 'changed or moved'],
  },
  {
    breaks: 'the cost of counted items is underestimated',
    file: 'packages/core/src/validation/schema-cost.ts',
    from: 'if (inner !== schema.contains) return 1',
    to: 'if (inner !== undefined) return 1',
    tests: ['packages/core/test/validation.test.ts', '-t', 'counted'],
  },
  {
    breaks: 'a QuickJS guest can create any number of formatters',
    file: 'packages/core/src/guest/intl-service.ts',
    from: 'if (++made > MAX_MADE) throw',
    to: 'if (++made > 1e9) throw',
    tests: ['packages/core/test/intl-service.test.ts'],
  },
  {
    breaks: 'a date format without an argument uses the clock of the host',
    file: 'packages/core/src/guest/locales.ts',
    from: 'format(date === undefined ? now() : date)',
    to: 'format(date)',
    tests: conformance('isolated-vm', 'determinism'),
  },
  {
    breaks: 'calls are not counted',
    file: 'packages/core/src/execution/run-driver.ts',
    from: '} else if (id - this.#lookups > limits.toolCalls) {',
    to: '} else if (id > 1e9) {',
    tests: conformance('quickjs', 'calls.quota|forgeries.call-quota'),
  },
  {
    breaks: 'a second result replaces the first',
    file: 'packages/core/src/execution/run-driver.ts',
    from: 'if (this.#session.isOver || this.#outcome !== undefined) return\n    try',
    to: 'if (this.#session.isOver) return\n    try',
    tests: conformance('quickjs', 'forgeries'),
  },
  {
    breaks: 'calls are accepted in any order',
    file: 'packages/core/src/execution/run-driver.ts',
    from: 'if (id !== ++this.#said.calls) throw',
    to: 'if (++this.#said.calls < 0) throw',
    tests: conformance('quickjs', 'forgeries'),
  },
  {
    breaks: 'the host accepts results of any size',
    file: 'packages/core/src/execution/program-end.ts',
    from: 'exceedsBytes(payload, limit) || isCostlyToRead(payload)',
    to: 'isCostlyToRead(payload)',
    tests: conformance('quickjs', 'forgeries.huge-result'),
  },
  {
    breaks: 'the host decodes results of any cost',
    file: 'packages/core/src/execution/program-end.ts',
    from: 'exceedsBytes(payload, limit) || isCostlyToRead(payload)',
    to: 'exceedsBytes(payload, limit)',
    tests: ['packages/core/test/forged-messages.test.ts'],
  },
  {
    breaks: 'a lost run calls its tools again',
    file: 'packages/core/src/execution/run-driver.ts',
    from: 'if (id <= this.#calls.count || isReplay === true) {',
    to: 'if (isReplay === true) {',
    tests: conformance('quickjs', 'concurrency'),
  },
  {
    breaks: 'pending calls continue after the program has ended',
    file: 'packages/core/src/execution/run-driver.ts',
    from: '    this.#calls.cancel(reason, outcome)\n    return true',
    to: '    return true',
    tests: conformance('quickjs', 'calls'),
  },
  {
    breaks: 'an abort is ignored',
    file: 'packages/core/src/execution/run-driver.ts',
    from: "      signal.addEventListener('abort', this.#abort, { once: true })\n",
    to: '',
    tests: conformance('quickjs', 'lifecycle.abort'),
  },
  {
    breaks: 'the signals of tools abort with another reason than that of the caller',
    file: 'packages/core/src/execution/tool-calls.ts',
    from: 'const why = reason === undefined ? ended : reason',
    to: 'const why = new Error(String(reason))',
    tests: conformance('quickjs', 'lifecycle.abort-reason'),
  },
  {
    breaks: 'an error that an event handler throws at the end is lost',
    file: 'packages/core/src/execution/run-driver.ts',
    from: "    this.#settled.reject(reason)\n    this.#stop(reason, 'cancelled')",
    to: '    if (this.#stop(reason)) this.#settled.reject(reason)',
    tests: conformance('quickjs', 'lifecycle.event-handler'),
  },
  {
    breaks: 'parsing a program does not count as wall time',
    file: 'packages/core/src/execution/wall-timer.ts',
    from: 'this.#leftMs = limitMs - elapsed()',
    to: 'this.#leftMs = limitMs',
    tests: ['packages/core/test/sandbox.test.ts'],
  },
  {
    breaks: 'programs can call tools that need approval',
    file: 'packages/core/src/wrap-tools.ts',
    from: ' || (needsApproval !== false && !canAsk)',
    to: '',
    tests: ['packages/ai-sdk/test/codemode.test.ts'],
  },
  {
    breaks: 'an approval policy does not receive the request context',
    file: 'packages/mastra/src/program-tool.ts',
    from: 'requestContext: entriesOf(requestContext)',
    to: 'requestContext: {}',
    tests: ['packages/mastra/test/codemode.test.ts'],
  },
  {
    breaks: 'the wall time limit never expires',
    file: 'packages/core/src/execution/wall-timer.ts',
    from: 'setTimeout(this.#onExpire, Math.max(0, this.#leftMs))',
    to: 'setTimeout(this.#onExpire, 2 ** 30)',
    tests: ['packages/quickjs/test/conformance.test.ts', '-t', 'limits.wall-time', '--testTimeout=20000'],
    isSlow: true,
  },
  {
    breaks: 'rules that deny do not deny',
    file: 'packages/core/src/execution/call-rules.ts',
    from: "    if (effect === 'deny') throw denied(call, reasons)\n    //",
    to: '    //',
    tests: ['test/call-rules.test.ts'],
  },
  {
    breaks: 'a condition that returns no boolean counts as no match',
    file: 'packages/core/src/execution/call-rules.ts',
    from: "if (typeof isMatch === 'boolean') return isMatch",
    to: 'return isMatch === true',
    tests: ['test/call-rules.test.ts'],
  },
  {
    breaks: 'the wall time continues while a person decides',
    file: 'packages/core/src/execution/wall-timer.ts',
    from: '    clearTimeout(this.#timer)\n    this.#leftMs -=',
    to: '    this.#leftMs -=',
    tests: ['test/call-rules.test.ts'],
  },
  {
    breaks: 'a replay accepts calls with another input',
    file: 'packages/core/src/execution/run-driver.ts',
    from: 'if (known?.tool === tool && known.input === payload) return',
    to: 'if (known?.tool === tool) return',
    tests: ['packages/core/test/recovery.test.ts'],
  },
  {
    breaks: 'the number of concurrent calls is not limited',
    file: 'packages/core/src/execution/tool-calls.ts',
    from: 'while (!this.#isHeld && this.#running < this.#options.concurrent) {',
    to: 'for (;;) {',
    tests: conformance('quickjs', 'calls.queue'),
  },
  {
    breaks: 'the host accepts logs of any length',
    file: 'packages/core/src/execution/log.ts',
    from: 'if (this.#left <= 0) return',
    to: 'this.#left = Math.max(this.#left, 1e6)',
    tests: conformance('quickjs', 'forgeries.log-flood'),
  },
  {
    breaks: 'the stack of a guest is reported without filtering',
    file: 'packages/core/src/execution/stack.ts',
    from: "return { stack: text.join('\\n'), position: first.position }",
    to: 'return { stack, position: first.position }',
    tests: conformance('quickjs', 'errors|forgeries'),
  },
  {
    breaks: 'a guest can send tens of thousands of colliding keys',
    file: 'packages/core/src/protocol/codec/graph.ts',
    from: 'MAX_NUMERIC_KEYS = 4_000',
    to: 'MAX_NUMERIC_KEYS = 4_000_000',
    tests: conformance('quickjs', 'floods.numeric-keys'),
  },
  {
    breaks: 'the runtime uses a JSON object that the program can replace',
    file: 'packages/core/src/protocol/intrinsics.ts',
    from: 'export const { stringify: jsonStringify, parse: jsonParse } = JSON',
    to: 'export const jsonStringify: typeof JSON.stringify = (...rest: [never]) => JSON.stringify(...rest)\nexport const jsonParse: typeof JSON.parse = (...rest: [never]) => JSON.parse(...rest)',
    tests: conformance('quickjs', 'escapes.tampering'),
  },
  {
    breaks: 'a guest can evaluate strings as code',
    file: 'packages/core/src/guest/main.ts',
    from: '  removeCodeFromStrings()\n',
    to: '',
    tests: conformance('quickjs', 'globals'),
  },
  {
    breaks: 'a guest can use the clock of the engine',
    file: 'packages/core/src/guest/main.ts',
    from: '  installClock(library)\n',
    to: '',
    tests: conformance('quickjs', 'determinism'),
  },
  {
    breaks: 'every run has the same random values',
    file: 'packages/core/src/guest/main.ts',
    from: '    seedRandom(message.seed)\n',
    to: '    seedRandom([1, 2, 3, 4])\n',
    tests: conformance('quickjs', 'determinism'),
  },
  {
    breaks: 'globals that are specific to an engine are not removed',
    file: 'packages/core/src/guest/globals.ts',
    from: 'if (!setHas(KEPT, key)) delete',
    to: "if (key === 'never') delete",
    tests: conformance('quickjs', 'globals'),
  },
  {
    breaks: 'a program can access V8 stack frames as objects',
    file: 'packages/core/src/guest/globals.ts',
    from: '  fixStackTraces()\n  fixTemplateLiterals()',
    to: '  fixTemplateLiterals()',
    tests: conformance('isolated-vm', 'globals.stack-traces'),
  },
  {
    breaks: 'a built-in that never returns is not stopped',
    file: 'packages/core/src/workers/pooled-guest.ts',
    from: 'this.ranMs > this.#init.limits.turnMs',
    to: 'this.ranMs > 1e9',
    tests: conformance('quickjs', 'guarantees.stops-native-loops'),
    isSlow: true,
  },
  {
    breaks: 'exhausted memory is reported as another limit',
    file: 'packages/quickjs/src/engine.ts',
    from: "if (this.#bounded.exhausted) this.#fault = { why: 'limit', limit: 'memory' }",
    to: "if (this.#bounded.exhausted) this.#fault = { why: 'limit', limit: 'stack' }",
    tests: conformance('quickjs', 'floods.memory'),
  },
  {
    breaks: 'a worker thread is reported as killed but keeps running',
    file: 'packages/quickjs/src/worker-thread.ts',
    from: '      await worker.terminate()\n      await ended',
    to: "      onDeath({ detail: 'killed' })",
    tests: conformance('quickjs', 'guarantees'),
    isSlow: true,
  },
  {
    breaks: 'an unhandled rejection ends the program',
    file: 'packages/isolated-vm/src/isolate-guest.ts',
    from: '    if (exitOf(error) !== undefined) throw error\n    return undefined',
    to: '    throw error',
    tests: conformance('isolated-vm', 'errors'),
  },
  {
    breaks: 'the output of a turn is not limited',
    file: 'packages/isolated-vm/src/isolate-guest.ts',
    from: 'if (this.#outputLength > (this.#limits?.outputBytes ?? 0)) {',
    to: 'if (this.#outputLength === Number.POSITIVE_INFINITY) {',
    tests: conformance('isolated-vm', 'contract.output-limit'),
  },
  {
    breaks: 'a memory of another guest runtime is taken for a booted guest',
    file: 'packages/quickjs/src/snapshot-file.ts',
    from: 'header.source !== digest(source) || ',
    to: '',
    tests: ['packages/quickjs/test/snapshot.test.ts'],
  },
  {
    breaks: 'a memory with other addresses is taken for a booted guest',
    file: 'packages/quickjs/src/engine.ts',
    from: 'if (!this.#functions.every((address, index) => address === functions[index])) return false',
    to: '',
    tests: ['packages/quickjs/test/snapshot.test.ts'],
  },
  {
    breaks: 'a process whose host has ended stays in a built-in that never returns',
    file: 'packages/isolated-vm/src/entries/child.ts',
    from: 'if (process.ppid !== workerData) end()',
    to: '',
    tests: ['packages/isolated-vm/test/child.test.ts'],
  },
  {
    breaks: 'requests of one moment all go to one worker',
    file: 'packages/core/src/workers/pool.ts',
    from: 'this.#taken.has(member) || ',
    to: '',
    tests: ['packages/core/test/pool.test.ts'],
  },
  {
    breaks: 'the guarantee `cpuTime` is declared but not met',
    file: 'packages/isolated-vm/src/adapter.ts',
    from: 'cpuTime: false',
    to: 'cpuTime: true',
    tests: conformance('isolated-vm', 'guarantees.cpu-time'),
  },
  {
    breaks: 'the guarantee `isolatesCrashes` is met but not declared',
    file: 'packages/quickjs/src/adapter.ts',
    from: 'isolatesCrashes: true',
    to: 'isolatesCrashes: false',
    tests: conformance('quickjs', 'guarantees'),
  },
  {
    breaks: 'a guest can access the network',
    file: 'packages/workerd/src/guest-worker.ts',
    from: '  globalOutbound: null,\n',
    to: '',
    tests: ['packages/workerd/test/network.test.ts'],
  },
  {
    breaks: 'CPU time that a guest uses outside its turn is charged to another guest',
    file: 'packages/workerd/src/workerd-link.ts',
    from: 'other === guest || !other.hasRun',
    to: 'true',
    tests: ['packages/workerd/test/out-of-turn.test.ts'],
  },
  {
    breaks: 'many short turns evade the CPU time limit',
    file: 'packages/node-vm/src/index.ts',
    from: 'this.#ranMs += now - this.#startedAt',
    to: 'this.#ranMs = now - this.#startedAt',
    tests: conformance('node-vm', 'floods.short-turns'),
  },
  {
    breaks: 'a closed adapter starts guests',
    file: 'packages/node-vm/src/index.ts',
    from: 'if (this.#isClosed) throw',
    to: 'if (this.#isClosed === undefined) throw',
    tests: conformance('node-vm', 'contract.close-ends-guests'),
  },
  {
    breaks: 'time is not limited after the first turn',
    file: 'packages/node-vm/src/index.ts',
    from: 'if (this.#outstanding === 0) return\n    this.#account(',
    to: 'if (this.#outstanding === 0 || this.#turns > 0) return\n    this.#account(',
    tests: conformance('node-vm', 'floods.endless.loop-after-await'),
    isSlow: true,
  },
  {
    breaks: 'the guest runs in the main realm of its process',
    file: 'packages/node-vm/src/guest.ts',
    from: 'runInContext(context)',
    to: 'runInThisContext()',
    tests: conformance('node-vm', 'escapes|globals'),
  },
  {
    breaks: 'the parser compiles the regular expressions of a program',
    file: 'packages/core/src/program/javascript-parser.ts',
    from: 'this.finishToken(tokTypes.regexp, { pattern, flags, value: null })',
    to: 'this.finishToken(tokTypes.regexp, { pattern, flags, value: new RegExp(pattern, flags) })',
    tests: ['packages/core/test/programs.test.ts', '-t', 'regular expression'],
  },
  {
    breaks: 'a text that has used its time slice keeps its reader',
    file: 'packages/adapter-node/src/reader-pool.ts',
    from: 'else if (slow !== undefined && this.#comesFirst(slow)) this.#preempt(slow)',
    to: '',
    tests: ['test/reading.test.ts', '-t', 'twelve texts'],
  },
  {
    breaks: 'long texts can occupy all readers',
    file: 'packages/adapter-node/src/reader-pool.ts',
    from: 'const isHeld = slow !== undefined || working.some(({ job }) => job?.isShort === false)',
    to: 'const isHeld = false',
    tests: ['test/reading.test.ts', '-t', 'twelve texts'],
  },
  {
    breaks: 'a reader can use any amount of CPU time',
    file: 'packages/adapter-node/src/reader-pool.ts',
    from: 'if (job.spentMs > job.limitMs) {',
    to: 'if (job.spentMs > 1e9) {',
    tests: ['packages/adapter-node/test/reader-pool.test.ts'],
  },
  {
    breaks: 'shared parts of a result count once',
    file: 'packages/core/src/execution/program-end.ts',
    from: 'measureValue(value).characters > limit',
    to: 'measureValue(value).characters > 1e12',
    tests: conformance('quickjs', 'shared-values|floods.shared'),
  },
  {
    breaks: 'shared parts of a value are measured once',
    file: 'packages/core/src/values/value-size.ts',
    from: '        frame.characters += size?.characters ?? 1\n',
    to: '        frame.characters += 1\n',
    tests: ['packages/core/test/value-size.test.ts'],
  },
  {
    breaks: 'an output is encoded before its size is checked',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: 'const size = measureValue(output, messageBytes)',
    to: 'const size = { nodes: 0, characters: 0, isCyclic: false, isJson: true }',
    tests: ['packages/core/test/tool-outputs.test.ts'],
  },
  {
    breaks: 'patterns run on the backtracking engine',
    file: 'packages/core/src/validation/pattern.ts',
    from: "if (isNativelyLinear(parsed)) return { kind: 'native'",
    to: "if (parsed) return { kind: 'native'",
    tests: ['packages/core/test/patterns.test.ts'],
  },
  {
    breaks: 'costly checks run on the main thread',
    file: 'packages/core/src/validation/schema-validator.ts',
    from: 'const MAX_COST_HERE = 500_000',
    to: 'const MAX_COST_HERE = 1e300',
    tests: ['packages/core/test/validation.test.ts', '-t', 'costly'],
  },
  {
    breaks: 'values without a JSON form pass where a schema requires JSON',
    file: 'packages/core/src/validation/schema-validator.ts',
    from: 'if (!size.isJson) {',
    to: 'if (size.nodes < 0) {',
    tests: ['packages/core/test/validation.test.ts', '-t', 'refused at its path'],
  },
  {
    breaks: 'the messages of a guest are processed without pauses',
    file: 'packages/core/src/execution/inbox.ts',
    from: 'while (next < this.#pending.length && this.#elapsed() < end)',
    to: 'while (next < this.#pending.length)',
    tests: ['packages/core/test/forged-messages.test.ts', '-t', 'slices'],
  },
  {
    breaks: 'error messages of tools keep the credentials of URLs',
    file: 'packages/core/src/redaction/redact-secrets.ts',
    from: 'REDACTED).replace(USER_INFO,',
    to: 'REDACTED).replace(/$^/,',
    tests: ['packages/core/test/redact.test.ts'],
  },
  {
    breaks: 'the cause of an McpError is the unredacted error of the SDK',
    file: 'packages/mcp/src/connection/describe-failure.ts',
    from: '{ cause: secrets.copyOf(error) }',
    to: '{ cause: error }',
    tests: ['packages/mcp/test/failures.test.ts', '-t', 'an error about'],
  },
  {
    breaks: 'a call that may have had its effect is made again in a new session',
    file: 'packages/mcp/src/connection/connection.ts',
    from: '(isRefused || (isClosed && isRepeatable))',
    to: '(isRefused || isClosed)',
    tests: ['packages/mcp/test/lasting.test.ts', '-t', 'not called twice'],
  },
  {
    breaks: 'a redirect with another state logs in',
    file: 'packages/mcp/src/auth/loopback.ts',
    from: "      if (parameters.get('state') !== state) return false\n",
    to: '',
    tests: ['packages/mcp/test/authorization.test.ts', '-t', 'refused, and ignores'],
  },
  {
    breaks: 'concurrent calls refresh a token several times',
    file: 'packages/mcp/src/auth/authorization.ts',
    from: 'return current === undefined || current === rejected',
    to: 'return true',
    tests: ['packages/mcp/test/authorization.test.ts', '-t', 'refreshes once'],
  },
  {
    breaks: 'a tool that has changed is provided although it is pinned',
    file: 'packages/mcp/src/connection/tool-pins.ts',
    from: 'canonical(before) === canonical(after)',
    to: 'true',
    tests: ['packages/mcp/test/listing.test.ts', '-t', 'held back'],
  },
  {
    breaks: 'tools that change stay the same in later executions',
    file: 'packages/core/src/catalog/live-catalog.ts',
    from: '    this.#forget()\n    for',
    to: '    for',
    tests: ['test/changing-tools.test.ts'],
  },
  {
    breaks: 'a process that cannot be started crashes the host',
    file: 'packages/adapter-node/src/spawn-child.ts',
    from: "      child.on('error', resolve)\n",
    to: '',
    tests: ['packages/isolated-vm/test/processes.test.ts', '-t', 'a host without descriptors'],
  },
  {
    breaks: 'a process that is stopped in a turn is never replaced',
    file: 'packages/core/src/workers/guest-worker.ts',
    from: 'this.#stall.stalledMs >= STALLED_MS || ',
    to: '',
    tests: ['packages/isolated-vm/test/processes.test.ts', '-t', 'stopped in the middle of a turn'],
  },
  {
    breaks: 'requests receive failures that began before them',
    file: 'packages/core/src/workers/pool.ts',
    from: 'const waiting = new Set(this.#waiters)',
    to: 'const waiting = { has: () => true }',
    tests: ['packages/core/test/pool.test.ts'],
  },
  {
    breaks: 'a Worker without a bound on CPU time serves hosts',
    file: 'packages/workerd/src/entries/server.ts',
    from: 'if (maxCpuTimeMs !== undefined && ',
    to: 'if (false && maxCpuTimeMs !== undefined && ',
    tests: ['packages/workerd/test/remote-connection.test.ts', '-t', 'is refused where the CPU time'],
  },
  {
    breaks: 'the codec uses an `exec` method that the program can replace',
    file: 'packages/core/src/protocol/intrinsics.ts',
    from: 'regExpExec(expression, text) !== null',
    to: 'expression.test(text)',
    tests: conformance('quickjs', 'escapes.tampering'),
  },
  {
    breaks: 'the codec reads NaN from a `Number` that the program can replace',
    file: 'packages/core/src/protocol/codec/decode.ts',
    from: 'return notANumber',
    to: 'return Number.NaN',
    tests: conformance('quickjs', 'escapes.tampering'),
  },
  {
    breaks: 'a program can replace the function that QuickJS uses for template literals',
    file: 'packages/core/src/guest/globals.ts',
    from: '  fixStackTraces()\n  fixTemplateLiterals()\n',
    to: '  fixStackTraces()\n',
    tests: conformance('quickjs', 'escapes.tampering'),
  },
  {
    breaks: 'a forged array sets its own length',
    file: 'packages/core/src/protocol/codec/decode.ts',
    from: "if (isArray(target) && (key === 'length' || regExpTest(arrayIndex, key)))",
    to: "if (isArray(target) && key === 'nothing')",
    tests: conformance('quickjs', 'forgeries.graph'),
  },
  {
    breaks: 'a forged graph can create any number of errors',
    file: 'packages/core/src/protocol/codec/decode.ts',
    from: 'if (++this.#errors > MAX_ERRORS) return',
    to: 'if (++this.#errors > 1e9) return',
    tests: conformance('quickjs', 'forgeries.graph'),
  },
  {
    breaks: 'the conversion of a schema can take any amount of work',
    file: 'packages/core/src/schema/bounds.ts',
    from: 'export const MAX_SCHEMA_WORK = 500_000',
    to: 'export const MAX_SCHEMA_WORK = 1e15',
    tests: ['packages/core/test/schema-bounds.test.ts', '-t', 'graphs that double'],
  },
  {
    breaks: 'learnt shapes keep names that are data',
    file: 'packages/core/src/learning/shape-builder.ts',
    from: '(!isPropertyName(key) || !this.#hasRoomFor(key))',
    to: '(!key || !this.#hasRoomFor(key))',
    tests: ['test/learnt-outputs.test.ts', '-t', 'no value and no name'],
  },
  {
    breaks: 'learnt results of other principals are declared',
    file: 'packages/core/src/learning/learnt-shapes.ts',
    from: 'return principal === undefined || principal === this.#options.principal',
    to: 'return true',
    tests: ['test/learnt-outputs.test.ts', '-t', 'only from executions of its principal'],
  },
  {
    breaks: 'programs are refused by types that were only observed',
    file: 'packages/core/src/checking/program-check.ts',
    from: 'const isObserved = mentionsObserved(checked.catalog, checked.names)',
    to: 'const isObserved = false',
    tests: ['test/learnt-outputs.test.ts', '-t', 'warns of a mistake'],
  },
  {
    breaks: 'programs call tools that they were not given',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: 'if (isBuiltin(path) || this.#options.isGiven(tool)) return tool',
    to: 'return tool',
    tests: ['test/program-reach.test.ts', '-t', 'is not called'],
  },
  {
    breaks: 'resumed runs call tools that have changed',
    file: 'packages/core/src/execution/call-pipeline.ts',
    from: '    this.#assertUnchanged(tool)\n',
    to: '',
    tests: ['test/stored-runs.test.ts', '-t', 'is refused if its tool has changed'],
  },
  {
    breaks: 'a check outlives its host',
    file: 'packages/typecheck/src/server.ts',
    from: "new Worker(new URL('parent-watch.js', import.meta.url))",
    to: 'void Worker',
    tests: ['packages/typecheck/test/typecheck.test.ts', '-t', 'ends with its host'],
    isSlow: true,
  },
]

const HELP = `Usage: pnpm mutants [--only <words>] [--fast]

  --only <words>   runs only mutants whose description contains these words
  --fast           skips mutants that only a timeout detects`

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()

async function main() {
  const { values: options } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      fast: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (options.help) return console.log(HELP)
  const chosen = MUTANTS.filter(({ breaks, isSlow }) => breaks.includes(options.only) && !(options.fast && isSlow))
  const copy = mkdtempSync(join(tmpdir(), 'glovebox-mutants-'))
  let child
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
  process.on('exit', () => {
    if (child?.pid !== undefined && child.exitCode === null) killGroup(child.pid)
    rmSync(copy, { recursive: true, force: true })
  })

  /** Runs a command and returns its exit code and output. */
  const run = (command, args) =>
    new Promise((resolve, reject) => {
      child = spawn(command, args, {
        cwd: copy,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1' },
        detached: process.platform !== 'win32',
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, output }))
    })
  const must = async (command, args) => {
    const { code, output } = await run(command, args)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}\n${output}`)
  }
  const build = (name) => must('npx', [...PNPM, '-C', `packages/${name}`, 'run', 'build'])

  console.log('▸ Copying the repository …')
  copyRepository(copy)
  await must('npx', [...PNPM, 'install', '--frozen-lockfile', '--prefer-offline'])
  await must('npx', [...PNPM, 'exec', 'turbo', 'run', 'build'])

  let survivors = 0
  /** Packages whose build still contains the previous mutant. */
  let stale = []
  for (const { breaks, file, from, to, also = [], tests } of chosen) {
    const path = join(copy, file)
    const text = readFileSync(path, 'utf8')
    const packages = [file.split('/')[1], ...also]
    writeFileSync(path, mutate(text, from, to))
    for (const name of new Set([...stale, ...packages])) await build(name)
    stale = packages
    const vitest = ['exec', 'vitest', 'run', '--bail=1', '--reporter=verbose', ...tests]
    const { code, output } = await run('npx', [...PNPM, ...vitest])
    const [, failed] = /^\s*(?:×|✗|FAIL)\s+(.*)$/m.exec(output) ?? []
    const isJudged = code === 0 ? /Tests\s.*?\d+ passed/.test(output) : failed !== undefined
    if (!isJudged) throw new Error(`No test completed for the mutant: ${breaks}\n${output}`)
    if (code === 0) survivors++
    console.log(
      code === 0 ? `SURVIVED  ${breaks} (${file})` : `detected  ${breaks}: ${failed.split(' > ').at(-1).slice(0, 110)}`,
    )
    writeFileSync(path, text)
  }
  console.log(`${chosen.length - survivors} of ${chosen.length} mutants detected`)
  process.exit(survivors === 0 ? 0 : 1)
}

/**
 * Returns the text with the mutation applied.
 *
 * @throws if the text does not contain `from` exactly once
 */
export function mutate(text, from, to) {
  if (text.split(from).length !== 2) throw new Error(`expected exactly one of ${JSON.stringify(from)}`)
  return text.replace(from, () => to)
}

function killGroup(pid) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // The process has exited in the meantime.
  }
}
