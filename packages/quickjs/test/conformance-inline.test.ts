import { describeAdapter } from '@glovebox/conformance'
import { forkHost } from '@glovebox/conformance/doomed-host'
import create from './inline-host.ts'

describeAdapter({
  name: 'quickjs inline',
  create,
  sacrifice: () => forkHost(new URL('./inline-host.ts', import.meta.url)),
})
