/** Shared data of the examples: the tools of a shop, a question, and the program of the scripted model. */
import { z } from 'zod'

const SHOP = { tea: { cents: 250, pieces: 40 }, coffee: { cents: 320, pieces: 16 }, cocoa: { cents: 180, pieces: 70 } }

export const item = z.object({ item: z.enum(['tea', 'coffee', 'cocoa']) })
type Item = z.infer<typeof item>

export const priceOf = async ({ item }: Item): Promise<{ cents: number }> => ({ cents: SHOP[item].cents })
export const stockOf = async ({ item }: Item): Promise<{ pieces: number }> => ({ pieces: SHOP[item].pieces })

export const SYSTEM = 'You are the assistant of a shop that sells tea, coffee and cocoa.'
export const QUESTION = 'Which of our goods is worth the most, counting all that is in stock?'

/** The program of the scripted model. */
export const PROGRAM = `
const worths = await Promise.all(['tea', 'coffee', 'cocoa'].map(async (item) => {
  const [price, stock] = await Promise.all([tools.price({ item }), tools.stock({ item })])
  return { item, worth: (price.cents * stock.pieces) / 100 }
}))
return worths.toSorted((one, other) => other.worth - one.worth)`.trim()
