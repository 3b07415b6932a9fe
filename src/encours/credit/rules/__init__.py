"""What a limit leaves, who must agree to a new one, and how long the law lets a customer take to pay."""
