import { describeAdapter } from '@glovebox/conformance'
import { nodeVm } from '@glovebox/node-vm'

const SHOWS_FILES = 'stack traces of the context include frames of the process around it'

describeAdapter({
  name: 'node-vm',
  create: () => nodeVm(),
  isSampled: true,
  expectedFailures: {
    'calls.failure': SHOWS_FILES,
    'escapes.reach.async-stack': SHOWS_FILES,
    'escapes.realm.stack-of-tools': SHOWS_FILES,
  },
})
