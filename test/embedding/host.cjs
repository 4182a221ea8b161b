/** A host in CommonJS. */
const { createCodeMode } = require('@glovebox/core')
const { quickjs } = require('@glovebox/quickjs')

async function main() {
  const sandbox = quickjs()
  const codeMode = await createCodeMode({ sandbox, tools: { add: ({ a, b }) => a + b } })
  const program = 'enum Answer { Half = 21 }\nreturn await tools.add({ a: Answer.Half, b: 21 })'
  const { value, error } = await codeMode.execute(program)
  console.log(value ?? error)
  await sandbox.close()
}

main()
