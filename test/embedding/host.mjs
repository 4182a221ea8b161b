/** A host that is an ES module. */
import { createCodeMode } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'

export async function main() {
  await using sandbox = quickjs()
  await using codeMode = await createCodeMode({ sandbox, tools: { add: ({ a, b }) => a + b } })
  const { value, error } = await codeMode.execute(
    'enum Answer { Half = 21 }\nreturn await tools.add({ a: Answer.Half, b: 21 })',
  )
  console.log(value ?? error)
}

main()
