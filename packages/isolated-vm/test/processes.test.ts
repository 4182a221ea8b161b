import { isolatedVm } from '@glovebox/isolated-vm'
import { describeBundled } from '../../../test/support/describe-bundled.ts'
import { describeHostProcess } from '../../../test/support/describe-host-process.ts'
import { describeKilledProcesses } from '../../../test/support/describe-killed-processes.ts'
import { describeShortages } from '../../../test/support/describe-shortages.ts'
import { describeStoppedProcesses } from '../../../test/support/describe-stopped-processes.ts'

const BACKEND = {
  package: '@glovebox/isolated-vm',
  factory: 'isolatedVm',
  from: import.meta.url,
  create: () => isolatedVm(),
  isWorker: (commandLine: string) => commandLine.includes('child.cjs'),
  missing: /isolated-vm is not installed: run `npm install isolated-vm@\d`/,
}

describeHostProcess(BACKEND)
describeKilledProcesses(BACKEND)
describeShortages(BACKEND, 'child.cjs')
describeStoppedProcesses(BACKEND)
describeBundled(BACKEND)
