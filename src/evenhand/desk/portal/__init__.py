"""The portal of officers: file a request, follow it, fetch its sealed answer once."""
