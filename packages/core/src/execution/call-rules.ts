import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool } from '../catalog/namespace.ts'
import type { ToolAnnotations } from '../catalog/tool.ts'
import type { ProgramReach } from '../checking/program-reach.ts'
import { ToolCallError } from '../contract/errors.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { schemaMatcher } from '../validation/schema-matcher.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { messageOf } from '../values/message-of.ts'
import { nearest } from '../values/nearest.ts'
import { compileWildcard } from '../values/wildcard.ts'
import type { CallApproval } from './call-approval.ts'
import { deepFreeze } from './deep-freeze.ts'

/** A tool call with its validated input, as rules and wrappers see it. */
export interface JudgedCall<Context = unknown> {
  /** Number of the call in its execution, from 1. */
  readonly id: number
  /** Tool that is called, as `namespace.tool`. */
  readonly tool: string
  /** Original name of the tool, without its namespace. */
  readonly name: string
  /** Hints about the effects of the tool. They are claims of the tool's author. */
  readonly annotations: ToolAnnotations
  /** Input after validation, with defaults filled in. Frozen, so the tool receives exactly this input. */
  readonly input: unknown
  /** The `context` option of the execution. */
  readonly context?: Context | undefined
  /** Aborts if the execution ends before the call has settled. */
  readonly signal: AbortSignal
  /**
   * Tools that the whole program can reach. Absent for functions of rules that allow: such an analysis can make rules stricter,
   * and never allows anything.
   */
  readonly program?: ProgramReach
}

/** Effect of a rule: the call runs, a person decides, or the program gets the error `TOOL_DENIED`. */
export type PolicyEffect = 'allow' | 'ask' | 'deny'

/** One rule of a {@link Policy}. It applies to a call if all its conditions match. */
export interface PolicyRule {
  /**
   * Tools as `namespace.tool`, with the identifier or the original name of the tool. `*` matches any characters:
   * `github.*`, `*.delete*`.
   */
  readonly tools: string | readonly string[]
  /**
   * Condition on the validated input: a JSON Schema, or a function. If the condition throws or cannot be checked, the
   * call is denied. Default: every input.
   */
  readonly when?: JsonSchema | ((input: unknown, call: JudgedCall) => boolean | Promise<boolean>)
  /**
   * Annotations that the tool must have, such as `{ destructiveHint: true }`. Annotations are claims of a server, so
   * a rule with this condition can ask or deny, but not allow. Default: any annotations.
   */
  readonly annotations?: ToolAnnotations
  /** Effect of the rule on the call. */
  readonly effect: PolicyEffect
  /** Reason for the program, the model and the person who decides. Default: none. */
  readonly reason?: string
}

/** Rules for tool calls. The most restrictive rule that applies wins: `deny`, then `ask`, then `allow`. */
export interface Policy {
  readonly rules: readonly PolicyRule[]
  /**
   * Effect on a call to which no rule applies.
   *
   * @default 'allow'
   */
  readonly otherwise?: PolicyEffect
}

/** A call that waits for a decision. */
export interface ApprovalRequest<Context = unknown> extends JudgedCall<Context> {
  /** Reasons of the rules that ask. */
  readonly reasons: readonly string[]
}

/**
 * A decision on a call. `edit` replaces the input; the new input is validated, and rules that deny apply to it. `deny`
 * takes the reason that the program receives.
 */
export type Decision = 'allow' | 'deny' | { readonly deny: string } | { readonly edit: unknown }

/**
 * Runs around a tool call: `next` calls the tool and resolves to its output. Returns the output for the program. An
 * error that it throws is the error of the call.
 */
export type Around = (call: JudgedCall, next: () => Promise<unknown>) => unknown

/** Options for {@link CallRules}. */
export interface CallRulesOptions {
  readonly policy?: Policy | readonly PolicyRule[] | undefined
  readonly onAsk?: ((request: ApprovalRequest) => Promise<Decision>) | undefined
  readonly askTimeoutMs?: number | undefined
  readonly around?: Around | undefined
}

const RULE_OPTIONS = ['tools', 'when', 'annotations', 'effect', 'reason']
/** Effects from the most to the least restrictive. */
const EFFECTS: readonly PolicyEffect[] = ['deny', 'ask', 'allow']
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
/** Time for a decision in milliseconds, unless the host sets one. */
const ASK_TIMEOUT_MS = 5 * 60_000

/** Stands for a decision that did not come in time. */
const LATE = Symbol('late')

interface CompiledRule {
  readonly effect: PolicyEffect
  readonly reason: string | undefined
  readonly covers: (call: Pick<JudgedCall, 'tool' | 'name' | 'annotations'>) => boolean
  /** Whether the rule also looks at inputs. */
  readonly isConditional: boolean
  readonly when: (input: unknown, call: JudgedCall) => boolean | Promise<boolean>
}

/** Decides which calls run and wraps them. Created once for a code mode. */
export class CallRules {
  /** Rules that allow every call for which no decision is pending. */
  static readonly NONE = /* @__PURE__ */ new CallRules({}, undefined)

  readonly around: Around | undefined
  readonly #rules: readonly CompiledRule[]
  readonly #otherwise: PolicyEffect
  readonly #onAsk: CallRulesOptions['onAsk']
  readonly #askTimeoutMs: number

  private constructor(
    { policy = [], onAsk, askTimeoutMs = ASK_TIMEOUT_MS, around }: CallRulesOptions,
    catalog: Catalog | undefined,
  ) {
    const { rules, otherwise = 'allow' }: Policy = isList(policy) ? { rules: policy } : policy
    if (!isList(rules)) throw new TypeError('`policy` must be a list of rules, or an object with `rules`')
    if (!isList(policy)) assertKnownOptions('policy', policy, ['rules', 'otherwise'])
    if (!EFFECTS.includes(otherwise))
      throw new TypeError(`\`policy.otherwise\` must be one of ${EFFECTS.join(', ')}; got ${String(otherwise)}`)
    this.#rules = rules.map((rule, index) => compileRule(rule, index, catalog))
    this.#otherwise = otherwise
    this.#onAsk = onAsk
    this.#askTimeoutMs = askTimeoutMs
    this.around = around
  }

  /**
   * Compiles the rules. Returns undefined if there is nothing to apply.
   *
   * @throws `TypeError` for an invalid rule or option
   */
  static from(options: CallRulesOptions, catalog: Catalog): CallRules | undefined {
    const { onAsk, askTimeoutMs, around } = options
    for (const [name, value] of Object.entries({ onAsk, around })) {
      if (value !== undefined && typeof value !== 'function')
        throw new TypeError(`\`${name}\` must be a function; got ${typeof value}`)
    }
    if (askTimeoutMs !== undefined && !(askTimeoutMs > 0 && askTimeoutMs < 2 ** 31))
      throw new TypeError(`\`askTimeoutMs\` must be a number of milliseconds below 2 ** 31; got ${askTimeoutMs}`)
    const rules = new CallRules(options, catalog)
    const isEmpty = rules.#rules.length === 0 && rules.#otherwise === 'allow' && around === undefined
    return isEmpty ? undefined : rules
  }

  /**
   * Applies the rules to a call and asks for a decision if they require one. Resolves to the input to run with.
   *
   * @param validate validates an edited input and fills in its defaults
   * @param approval knows and records the decision on the call
   * @throws `ToolCallError` `TOOL_DENIED`
   */
  async judge(
    call: JudgedCall,
    validate: (input: unknown) => Promise<unknown>,
    approval: CallApproval,
  ): Promise<unknown> {
    deepFreeze(call.input)
    const { effect, reasons } = await this.#apply(call)
    if (effect === 'deny') throw denied(call, reasons)
    // A call that was asked about needs its decision even if no rule asks now.
    if (effect === 'allow' && !approval.wasAsked) return call.input
    const decision = await this.#decide({ ...call, reasons }, approval)
    if (decision === 'allow') return call.input
    if (typeof decision === 'object' && 'edit' in decision)
      return await this.#judgeEdited(call, decision.edit, validate)
    throw denied(call, decision === 'deny' ? ['it was not approved'] : [decision.deny])
  }

  /**
   * Returns whether the rules may ask about calls of a tool, or deny all of them. Conditions on inputs are assumed to
   * match, except those of rules that deny.
   */
  approvalOf({ path, tool: { name, annotations = {} } }: CatalogTool): 'ask' | 'deny' | undefined {
    const covering = this.#rules.filter((rule) => rule.covers({ tool: path, name, annotations }))
    if (covering.some(({ effect, isConditional }) => effect === 'deny' && !isConditional)) return 'deny'
    if (covering.some(({ effect }) => effect === 'ask')) return 'ask'
    const isDecided = covering.some(({ isConditional }) => !isConditional)
    return isDecided || this.#otherwise === 'allow' ? undefined : this.#otherwise
  }

  async #judgeEdited(
    call: JudgedCall,
    edited: unknown,
    validate: (input: unknown) => Promise<unknown>,
  ): Promise<unknown> {
    const input = deepFreeze(await validate(edited))
    // A person chose this input, so rules that ask are satisfied.
    const { effect, reasons } = await this.#apply({ ...call, input })
    if (effect === 'deny') throw denied(call, reasons)
    return input
  }

  /** Applies the rules from the most to the least restrictive effect, and stops at the first effect that matches. */
  async #apply(call: JudgedCall): Promise<{ readonly effect: PolicyEffect; readonly reasons: readonly string[] }> {
    for (const effect of EFFECTS) {
      const reasons: string[] = []
      let isMatch = false
      for (const rule of this.#rules) {
        if (rule.effect !== effect || !rule.covers(call) || !(await matches(rule, seenBy(rule, call)))) continue
        isMatch = true
        if (rule.reason !== undefined) reasons.push(rule.reason)
      }
      if (isMatch) return { effect, reasons }
    }
    return { effect: this.#otherwise, reasons: [] }
  }

  async #decide(request: ApprovalRequest, approval: CallApproval): Promise<Decision> {
    const known = await approval.ask(request)
    // The execution may have ended while a condition was evaluated.
    request.signal.throwIfAborted()
    if (known !== undefined) return known
    const decision = this.#onAsk === undefined ? undefined : await this.#ask(this.#onAsk, request, approval)
    if (decision !== undefined) {
      approval.decide(decision)
      return decision
    }
    if (approval.canSuspend) return await approval.suspend()
    const why =
      this.#onAsk === undefined
        ? 'it needs approval, and this host cannot ask for one'
        : `nobody decided within ${this.#askTimeoutMs} ms`
    throw denied(request, [...request.reasons, why])
  }

  /** Asks in this process. Resolves to undefined if there is no decision in time. */
  async #ask(
    onAsk: NonNullable<CallRulesOptions['onAsk']>,
    request: ApprovalRequest,
    approval: CallApproval,
  ): Promise<Decision | undefined> {
    const late = Promise.withResolvers<typeof LATE | 'deny'>()
    const timer = setTimeout(() => late.resolve(LATE), this.#askTimeoutMs)
    const end = () => late.resolve('deny')
    request.signal.addEventListener('abort', end, { once: true })
    approval.onAsking(true)
    try {
      const decision = await Promise.race([onAsk(request), late.promise])
      if (decision === LATE) return undefined
      assertDecision(decision)
      return decision
    } catch (error) {
      throw new ToolCallError('TOOL_DENIED', `The approval of ${request.tool} failed: ${messageOf(error)}`, {
        cause: error,
      })
    } finally {
      clearTimeout(timer)
      request.signal.removeEventListener('abort', end)
      approval.onAsking(false)
    }
  }
}

/** Returns a call as the function of a rule gets it. */
function seenBy({ effect }: CompiledRule, call: JudgedCall): JudgedCall {
  if (effect !== 'allow') return call
  const { program: _, ...seen } = call
  return seen
}

/**
 * Returns whether the condition of a rule matches.
 *
 * @throws `ToolCallError` `TOOL_DENIED` if the condition fails
 */
async function matches({ when }: CompiledRule, call: JudgedCall): Promise<boolean> {
  try {
    const isMatch: unknown = await when(call.input, call)
    if (typeof isMatch === 'boolean') return isMatch
    throw new TypeError(`\`when\` must return true or false; got ${typeof isMatch}`)
  } catch (error) {
    throw new ToolCallError('TOOL_DENIED', `A rule for ${call.tool} could not be checked: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function compileRule(rule: PolicyRule, index: number, catalog: Catalog | undefined): CompiledRule {
  const owner = `policy rule ${index}`
  assertKnownOptions(owner, rule, RULE_OPTIONS)
  const { tools, when, annotations, effect, reason } = rule
  if (!EFFECTS.includes(effect))
    throw new TypeError(`${owner}: \`effect\` must be one of ${EFFECTS.join(', ')}; got ${String(effect)}`)
  if (annotations !== undefined) {
    assertKnownOptions(`${owner}: annotations`, annotations, HINTS)
    if (effect === 'allow')
      throw new TypeError(`${owner}: annotations are claims of a server, so a rule that uses them cannot allow calls`)
  }
  const patterns = (typeof tools === 'string' ? [tools] : tools).map((pattern) => {
    const matches = compilePattern(owner, pattern)
    if (catalog !== undefined) assertKnown(owner, pattern, catalog)
    return matches
  })
  const hints = HINTS.filter((hint) => annotations?.[hint] !== undefined)
  return {
    effect,
    reason,
    covers: (call) => {
      const original = call.tool.slice(0, call.tool.indexOf('.') + 1) + call.name
      return (
        patterns.some((pattern) => pattern(call.tool) || pattern(original)) &&
        hints.every((hint) => call.annotations[hint] === annotations?.[hint])
      )
    },
    isConditional: when !== undefined,
    when: when === undefined ? () => true : typeof when === 'function' ? when : schemaMatcher(when),
  }
}

/**
 * Rejects a pattern that can match no call: a misspelled one would otherwise be ignored. `*.delete*` may match nothing,
 * since a policy can serve several catalogs.
 */
function assertKnown(owner: string, pattern: string, { namespace: findNamespace, namespaces, find }: Catalog): void {
  const namespace = pattern.slice(0, Math.max(0, pattern.indexOf('.')))
  let known: string[]
  if (!pattern.includes('*')) {
    // A provider that has no tools yet may get this one.
    if (find(pattern) !== undefined || findNamespace(namespace)?.tools.length === 0) return
    known = namespaces.flatMap(({ tools }) => tools.map(({ path }) => path))
  } else {
    if (namespace === '' || namespace.includes('*') || findNamespace(namespace) !== undefined) return
    known = namespaces.map(({ identifier }) => identifier + pattern.slice(namespace.length))
  }
  const similar = nearest(pattern, known)
  const hint = similar === undefined ? '' : ` Did you mean \`${similar}\`?`
  throw new TypeError(`${owner}: \`${pattern}\` matches no tool that programs can call.${hint}`)
}

/** @throws `TypeError` for a pattern without a namespace */
function compilePattern(owner: string, pattern: unknown): (text: string) => boolean {
  if (typeof pattern !== 'string' || !/\*|\./.test(pattern))
    throw new TypeError(
      `${owner}: \`tools\` must be like \`namespace.tool\` or \`namespace.*\`; got ${String(pattern)}`,
    )
  return compileWildcard(pattern)
}

/** @throws `TypeError` for a value that is no decision */
export function assertDecision(decision: unknown): asserts decision is Decision {
  if (decision === 'allow' || decision === 'deny') return
  if (typeof decision === 'object' && decision !== null) {
    if ('edit' in decision) return
    if ('deny' in decision && typeof decision.deny === 'string') return
  }
  throw new TypeError("a decision is 'allow', 'deny', { deny: reason } or { edit: input }")
}

function denied({ tool }: JudgedCall, reasons: readonly string[]): ToolCallError {
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  return new ToolCallError('TOOL_DENIED', `The call of ${tool} was denied${why}`)
}

function isList(policy: Policy | readonly PolicyRule[]): policy is readonly PolicyRule[] {
  return Array.isArray(policy)
}
