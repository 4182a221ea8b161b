/** A route of Next, which Turbopack bundles. */
import { createCodeMode } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'

const sandbox = quickjs()

export async function GET() {
  await using codeMode = await createCodeMode({ sandbox, tools: { add: ({ a, b }) => a + b } })
  const { value, error } = await codeMode.execute(
    'enum Answer { Half = 21 }\nreturn await tools.add({ a: Answer.Half, b: 21 })',
  )
  return Response.json(value ?? error)
}
