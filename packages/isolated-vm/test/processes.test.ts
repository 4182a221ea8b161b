import { isolatedVm } from '@glovebox/isolated-vm'
import { describeBundled } from '@glovebox/testing/describe-bundled'
import { describeHostProcess } from '@glovebox/testing/describe-host-process'
import { describeKilledProcesses } from '@glovebox/testing/describe-killed-processes'
import { describeShortages } from '@glovebox/testing/describe-shortages'
import { describeStoppedProcesses } from '@glovebox/testing/describe-stopped-processes'

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
