import { describeAdapter } from '@glovebox/conformance'
import { nodeVm } from '@glovebox/node-vm'

const SHOWS_FILES = 'the frames of a context go on in those of the process that holds it'

describeAdapter({
  name: 'node-vm',
  create: () => nodeVm(),
  expectedFailures: {
    'calls.failure': SHOWS_FILES,
    'escapes.reach.async-stack': SHOWS_FILES,
    'escapes.realm.stack-of-tools': SHOWS_FILES,
  },
})
