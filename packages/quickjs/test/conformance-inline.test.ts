import { describeAdapter } from '@glovebox/conformance'
import { forkHost } from '@glovebox/conformance/doomed-host'
import { isInSample } from '../../../test/support/sample.ts'
import create from './inline-host.ts'

describeAdapter({
  name: 'quickjs inline',
  create,
  includes: isInSample,
  sacrifice: () => forkHost(new URL('./inline-host.ts', import.meta.url)),
})
