import { describe, expect, it } from 'vitest'
import { ReaderJob } from '../src/reader-job.ts'
import { ReaderQueue } from '../src/reader-queue.ts'

const job = (name: string, length = 10) => {
  const made = new ReaderJob({ kind: 'read', text: name.padEnd(length) }, 5_000)
  made.answer.catch(() => {})
  return made
}
const LONG = 20_000

function order(queue: ReaderQueue, shortOnly = false): string[] {
  const taken: string[] = []
  for (let next = queue.take(shortOnly); next !== undefined; next = queue.take(shortOnly)) {
    taken.push(next.work.kind === 'read' ? next.work.text.trim() : '')
  }
  return taken
}

describe('the queue of readers', () => {
  it('alternates between the newest and the oldest text', () => {
    const queue = new ReaderQueue()
    for (const name of ['a', 'b', 'c', 'd', 'e']) queue.add(job(name))
    expect(order(queue)).toEqual(['e', 'a', 'd', 'b', 'c'])
  })

  it('alternates between the newest and the oldest long text', () => {
    const queue = new ReaderQueue()
    for (const name of ['a', 'b', 'c', 'd']) queue.add(job(name, LONG))
    expect(order(queue)).toEqual(['d', 'a', 'c', 'b'])
  })

  it('returns short texts before long ones, and texts that have used a slice last', () => {
    const queue = new ReaderQueue()
    const slow = job('slow')
    slow.endSlice()
    for (const each of [slow, job('long', LONG), job('short')]) queue.add(each)
    expect(queue.hasUntried).toBe(true)
    expect(order(queue)).toEqual(['short', 'long', 'slow'])
    expect(queue.isEmpty).toBe(true)
  })

  it('keeps long and slow texts if only short ones are requested', () => {
    const queue = new ReaderQueue()
    const slow = job('slow')
    slow.endSlice()
    for (const each of [slow, job('long', LONG), job('short')]) queue.add(each)
    expect(order(queue, true)).toEqual(['short'])
    expect(order(queue)).toEqual(['long', 'slow'])
  })

  it('does not return a removed text', () => {
    const queue = new ReaderQueue()
    const kept = job('kept')
    const removed = job('removed')
    queue.add(kept)
    queue.add(removed)
    queue.remove(removed)
    expect(order(queue)).toEqual(['kept'])
  })

  it('doubles the slice each time, so that repeated work gets done', () => {
    const repeated = job('repeated')
    const slices = [repeated.sliceMs]
    while (slices.length < 4) {
      repeated.endSlice()
      slices.push(repeated.sliceMs)
    }
    expect(slices).toEqual([250, 500, 1_000, 2_000])
  })
})
