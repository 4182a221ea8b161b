import { workerd } from '@glovebox/workerd'
import { describeBundled } from '../../../test/support/describe-bundled.ts'
import { describeHostProcess } from '../../../test/support/describe-host-process.ts'
import { describeKilledProcesses } from '../../../test/support/describe-killed-processes.ts'
import { describeShortages } from '../../../test/support/describe-shortages.ts'
import { describeStoppedProcesses } from '../../../test/support/describe-stopped-processes.ts'

const BACKEND = {
  package: '@glovebox/workerd',
  factory: 'workerd',
  from: import.meta.url,
  create: () => workerd(),
  isWorker: (commandLine: string) => commandLine.includes('workerd\0serve'),
  hostileStep: 3,
  missing: /workerd is not installed: run `npm install workerd@[\d.]+`/,
}

describeHostProcess(BACKEND)
describeKilledProcesses(BACKEND)
describeShortages(BACKEND, 'serve')
describeStoppedProcesses(BACKEND)
describeBundled(BACKEND)
