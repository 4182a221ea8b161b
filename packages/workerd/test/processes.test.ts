import { describeBundled } from '@glovebox/testing/describe-bundled'
import { describeHostProcess } from '@glovebox/testing/describe-host-process'
import { describeKilledProcesses } from '@glovebox/testing/describe-killed-processes'
import { describeShortages } from '@glovebox/testing/describe-shortages'
import { describeStoppedProcesses } from '@glovebox/testing/describe-stopped-processes'
import { workerd } from '@glovebox/workerd'

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
