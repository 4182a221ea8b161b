import { describeAdapter } from '@glovebox/conformance'
import { isolatedVm } from '../src/entries/index.ts'

describeAdapter({ name: 'isolated-vm', create: () => isolatedVm() })
