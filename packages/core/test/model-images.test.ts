import { describe, expect, it } from 'vitest'
import { imagesIn } from '../src/model-images.ts'

const image = (byte: number, mimeType = 'image/png', length = 1) => ({
  type: 'image',
  mimeType,
  bytes: new Uint8Array(length).fill(byte),
})

describe('the images in a value', () => {
  it('are found in order, wherever they are', () => {
    const value = { first: image(1), list: [{ inner: image(2, 'image/jpeg') }], map: new Map([['x', image(3)]]) }
    expect(imagesIn(value)).toEqual([
      { mediaType: 'image/png', data: 'AQ==' },
      { mediaType: 'image/jpeg', data: 'Ag==' },
      { mediaType: 'image/png', data: 'Aw==' },
    ])
  })

  it('occur once, also if the value refers to itself', () => {
    const value: Record<string, unknown> = { image: image(1) }
    value.again = value
    value.same = value.image
    expect(imagesIn(value)).toHaveLength(1)
  })

  it.each([
    ['audio', { mimeType: 'audio/wav', bytes: new Uint8Array(1) }],
    ['an image of another type', image(1, 'image/svg+xml')],
    ['text in place of bytes', { mimeType: 'image/png', bytes: 'AQ==' }],
    ['null', null],
    ['bytes', new Uint8Array(1_000_000)],
  ])('do not include %s', (_, value) => {
    expect(imagesIn([value])).toEqual([])
  })

  it('are at most ten, with at most 5 MiB together', () => {
    expect(imagesIn(Array.from({ length: 20 }, (_, index) => image(index)))).toHaveLength(10)
    const large = Array.from({ length: 4 }, (_, index) => image(index, 'image/png', 2 * 1024 * 1024))
    expect(imagesIn(large)).toHaveLength(2)
  })

  it('are looked for in bounded time', () => {
    const deep = Array.from({ length: 1_000_000 }, () => [[]])
    expect(imagesIn([deep, image(1)])).toHaveLength(0)
  })
})
