import { describeAdapter } from '@glovebox/conformance'
import { isInSample } from '../../../test/support/sample.ts'
import { isolatedVm } from '../src/index.ts'

describeAdapter({ name: 'isolated-vm', create: () => isolatedVm(), includes: isInSample })
