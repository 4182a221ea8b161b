import { describeAdapter } from '@glovebox/conformance'
import { isolatedVm } from '../src/index.ts'

describeAdapter({ name: 'isolated-vm', create: () => isolatedVm() })
