import type { ReaderAnswer, ReaderWork } from './reader-messages.ts'

/** Texts of up to this many UTF-16 units never wait behind longer ones. */
const SHORT_LENGTH = 16 * 1024
/** The CPU time that work has before all work that had none. It doubles each time, so that repeated work gets done. */
const SLICE_MS = 250

/** Work that waits for a reader, or is being done by one. It starts over where its reader is taken away. */
export class ReaderJob {
  readonly work: ReaderWork
  readonly limitMs: number
  readonly isShort: boolean
  readonly answer: Promise<ReaderAnswer>
  readonly resolve: (answer: ReaderAnswer) => void
  readonly reject: (reason: unknown) => void
  /** CPU time it has taken, on all readers together. */
  spentMs = 0
  /** CPU time that it may take now before other work comes first. */
  sliceMs = SLICE_MS
  /** Readers that were lost under it without any fault of its own. */
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
