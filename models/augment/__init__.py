"""What training does to crops: camera and pose."""
