import { nodeVm } from '@glovebox/node-vm'
import { describeHostProcess } from '../../../test/support/describe-host-process.ts'
import { describeShortages } from '../../../test/support/describe-shortages.ts'
import { describeStoppedProcesses } from '../../../test/support/describe-stopped-processes.ts'

const BACKEND = {
  package: '@glovebox/node-vm',
  factory: 'nodeVm',
  from: import.meta.url,
  create: () => nodeVm(),
  isWorker: (commandLine: string) => commandLine.includes('node-vm/dist/guest.js'),
  missing: /is not found/,
}

describeHostProcess(BACKEND)
describeShortages(BACKEND, 'guest.js')
describeStoppedProcesses(BACKEND)
