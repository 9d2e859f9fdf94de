import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { NetworkBuilder } from './network-builder.js';

/** Channels of the 3×3 convolutions between two pools. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256, 256],
  [512, 512, 512, 512],
  [512, 512, 512, 512],
] as const;
const HIDDEN = 4096;
const MAP_SIDE = 7;

/** VGG19 without batch normalisation (Simonyan and Zisserman, configuration E). PyTorch numbers ReLUs and pools as well. */
export const vgg19 = expressionNetwork({
  name: 'vgg19',
  summary: 'VGG of 19 layers',
  published: { millions: 139.5, counted: 139_598_919, why: 'cut off, not rounded' },
  // Five pools and a mean to 7×7: other sides would need windows of different sizes.
  sizes: { min: 224, step: 224 },
  build: (weights, options) => {
    const net = new NetworkBuilder('vgg19', weights, options);
    const { graph } = net;
    let x = net.input();
    let index = 0;
    for (const [block, widths] of BLOCKS.entries()) {
      for (const width of widths) {
        const key = `features.${index}`;
        x = net.relu(key, net.conv(key, x, net.wide(width), { kernel: 3, padding: 1, bias: true }));
        index += 2;
      }
      x = graph.maxPool(`features.${index}`, x, { kernel: 2, stride: 2 });
      index += 1;
      net.tap('stages', `stage${block + 1}`, x);
    }
    net.tap('features', 'features', x);
    const kernel = Number(x.shape[2]) / MAP_SIDE;
    if (kernel > 1) x = graph.averagePool('avgpool', x, { kernel, stride: kernel });
    let y = graph.flatten('flatten', x);
    for (const key of ['classifier.0', 'classifier.3']) y = hidden(net, key, y);
    return net.finish(net.linear('classifier.6', y, options.classes));
  },
});

function hidden(net: NetworkBuilder, key: string, x: Value): Value {
  return net.relu(key, net.linear(key, x, net.wide(HIDDEN)));
}
