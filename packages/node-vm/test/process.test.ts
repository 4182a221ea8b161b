import { nodeVm } from '@glovebox/node-vm'
import { describeHostProcess } from '../../../test/support/describe-host-process.ts'

describeHostProcess({
  package: '@glovebox/node-vm',
  factory: 'nodeVm',
  from: import.meta.url,
  create: () => nodeVm(),
  isCarrier: (commandLine) => commandLine.includes('node-vm/dist/guest.js'),
  missing: /is not found/,
})
