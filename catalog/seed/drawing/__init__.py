"""Line drawings of the demo's products, made from their dimensions."""
