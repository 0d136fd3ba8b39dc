/** A drawn person, as a camera would see one: something to look at in pictures of the states. */

export function drawPerson(): MediaStream {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [480, 600];
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const draw = (): void => paint(context);
  draw();
  setInterval(draw, 200);
  return canvas.captureStream(10);
}

function paint(context: CanvasRenderingContext2D): void {
  const room = context.createLinearGradient(0, 0, 480, 600);
  room.addColorStop(0, '#cdd5dc');
  room.addColorStop(1, '#9aa7b1');
  context.fillStyle = room;
  context.fillRect(0, 0, 480, 600);
  oval(context, '#4a5a78', 240, 640, 220, 170);
  oval(context, '#3b2a20', 240, 262, 128, 160);
  oval(context, '#b98463', 240, 430, 56, 90);
  oval(context, '#c9977a', 240, 290, 108, 140);
  for (const side of [-1, 1]) {
    oval(context, '#ffffff', 240 + side * 42, 272, 17, 9);
    oval(context, '#2b211c', 240 + side * 42, 272, 8, 8);
    oval(context, '#3b2a20', 240 + side * 42, 250, 22, 4);
  }
  oval(context, '#b07d60', 240, 315, 13, 20);
  oval(context, '#9c5a4d', 240, 360, 32, 8);
}

function oval(context: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, height: number): void {
  context.fillStyle = colour;
  context.beginPath();
  context.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
  context.fill();
}
