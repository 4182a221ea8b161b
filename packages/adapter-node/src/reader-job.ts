import type { ReaderAnswer, ReaderWork } from './reader-messages.ts'

/** Maximum length of a short text in UTF-16 units. Short texts never wait behind longer ones. */
const SHORT_LENGTH = 16 * 1024
/**
 * First CPU time slice of work in milliseconds. Work that has used its slice waits behind new work. The slice doubles
 * each time, so that repeated work gets done.
 */
const SLICE_MS = 250

/** Work that waits for a reader or is being done by one. It starts over if its reader is taken away. */
export class ReaderJob {
  readonly work: ReaderWork
  readonly limitMs: number
  readonly isShort: boolean
  readonly answer: Promise<ReaderAnswer>
  readonly resolve: (answer: ReaderAnswer) => void
  readonly reject: (reason: unknown) => void
  /** CPU time that it has used on all readers together, in milliseconds. */
  spentMs = 0
  /** CPU time that it may use before other work comes first, in milliseconds. */
  sliceMs = SLICE_MS
  /** Number of readers that ended or stopped responding while they did this work. */
  losses = 0

  constructor(work: ReaderWork, limitMs: number) {
    this.work = work
    this.limitMs = limitMs
    this.isShort = (work.kind === 'read' ? work.text.length : work.payload.length + work.schema.length) <= SHORT_LENGTH
    const settled = Promise.withResolvers<ReaderAnswer>()
    this.answer = settled.promise
    this.resolve = settled.resolve
    this.reject = settled.reject
  }

  /** Whether it has used up its first slice. */
  get isSlow(): boolean {
    return this.sliceMs > SLICE_MS
  }

  endSlice(): void {
    this.sliceMs *= 2
  }
}
