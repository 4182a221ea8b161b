import { describeAdapter } from '@glovebox/conformance'
import { forkHost } from '@glovebox/conformance/disposable-host'
import create from './inline-host.ts'

describeAdapter({
  name: 'quickjs inline',
  create,
  isSampled: true,
  createDisposableHost: () => forkHost(new URL('./inline-host.ts', import.meta.url)),
})
