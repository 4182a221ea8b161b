import { nodeVm } from '@glovebox/node-vm'
import { describeHostProcess } from '@glovebox/testing/describe-host-process'
import { describeShortages } from '@glovebox/testing/describe-shortages'
import { describeStoppedProcesses } from '@glovebox/testing/describe-stopped-processes'

const BACKEND = {
  package: '@glovebox/node-vm',
  factory: 'nodeVm',
  from: import.meta.url,
  create: () => nodeVm(),
  isWorker: (commandLine: string) => commandLine.includes('node-vm/dist/glovebox-guest.js'),
  missing: /is not found/,
}

describeHostProcess(BACKEND)
describeShortages(BACKEND, 'guest.js')
describeStoppedProcesses(BACKEND)
